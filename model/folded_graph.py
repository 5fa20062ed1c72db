"""The graph of a fold, from ids and weights to probabilities: one for any batch, and compiled ones for a few sizes.

Weights are arguments, so what was traced and compiled for one version of a model serves the next one too, where that
has the same form. XLA never gives back what it compiled: compiling for each version would grow for ever.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model import ngrams
from model.folding import Folded

Ids = NDArray[np.int32]
Weights = Sequence[Any]
"""A tensor for each of `WEIGHTS` and, where the network has a wide part, of `WIDE_WEIGHTS`."""
Run = Callable[[Weights, Ids], NDArray[np.float32]]

WEIGHTS = (
    "table",
    "convolution_bias",
    "kernel",
    "recurrent_kernel",
    "gate_bias",
    "output_kernel",
    "output_bias",
)
WIDE_WEIGHTS = ("unigrams", "checks", "values", "scale", "temperature")
_BY_ID = frozenset({"table", "unigrams"})
"""Tables with a row for each id."""
_TABLE_ROWS = 1024
"""Their rows are a multiple of this, so that a vocabulary that grew a little is of the same form."""
_NO_CHECK = 1 << 16
"""That no slot has."""
_FORMS = 8
"""Forms of which the graphs are kept."""


@dataclass(frozen=True, slots=True)
class Form:
    """All that the graph depends on."""

    length: int
    """Ids a text."""
    width: int
    pool: int
    steps: int
    filters: int
    units: int
    weights: tuple[tf.TensorSpec, ...]


def place(folded: Folded, length: int, device: str) -> tuple[Form, Weights]:
    """The form of a fold for texts of `length` ids, and its weights on a TensorFlow device."""
    arrays = {name: getattr(folded, name) for name in WEIGHTS}
    if folded.wide is not None:
        arrays |= {name: getattr(folded.wide, name) for name in WIDE_WEIGHTS}
    for name in _BY_ID & arrays.keys():
        missing = -len(arrays[name]) % _TABLE_ROWS
        arrays[name] = np.pad(arrays[name], ((0, missing), (0, 0)))  # (rows, …); no id leads to the last ones
    specs = tuple(tf.TensorSpec(array.shape, array.dtype) for array in arrays.values())
    form = Form(length, folded.width, folded.pool, folded.steps, folded.filters, folded.units, specs)
    with tf.device(device):
        return form, [tf.constant(array) for array in arrays.values()]


@lru_cache(maxsize=_FORMS)
def graphs(form: Form, device: str) -> "Graphs":
    """The graphs of a form on a device, the same ones each time."""
    return Graphs(form, device)


class Graphs:
    """One uncompiled graph, and compiled ones once they were asked for."""

    def __init__(self, form: Form, device: str) -> None:
        self._form, self._device = form, device
        self.uncompiled = self._trace(None)
        self._compiled: dict[int, Run] = {}

    def compiled(self, sizes: Iterable[int], weights: Weights) -> dict[int, Run]:
        """The graphs for batches of `sizes`, compiled with XLA, which takes half a second a size the first time."""
        for size in sizes:
            if size not in self._compiled:
                run = self._trace(size)
                run(weights, np.zeros((size, self._form.length), dtype=np.int32))
                self._compiled[size] = run
        return {size: self._compiled[size] for size in sizes}

    def _trace(self, size: int | None) -> Run:
        """The graph for batches of `size`, to be compiled, or for any, uncompiled."""
        ids = tf.TensorSpec((size, self._form.length), tf.int32)

        def probabilities(ids: Any, *weights: Any) -> Any:
            return _probabilities(self._form, ids, *weights)

        with tf.device(self._device):
            concrete = tf.function(probabilities, jit_compile=size is not None, autograph=False).get_concrete_function(
                ids, *self._form.weights
            )
        return partial(_call, concrete.inference_fn.call_flat, self._device)


def _call(call_flat: Callable[..., list[Any]], device: str, weights: Weights, ids: Ids) -> NDArray[np.float32]:
    """The graph on `ids`. Goes round what a ConcreteFunction does about arguments: a third of a call with one text."""
    with tf.device(device):
        answer: NDArray[np.float32] = call_flat(tf.constant(ids), *weights)[0].numpy()
    return answer


def _probabilities(form: Form, ids: Any, *weights: Any) -> Any:
    """From ids int32 (batch, length) to probabilities float32 (batch, classes)."""
    table, convolution_bias, kernel, recurrent_kernel, gate_bias, output_kernel, output_bias, *wide = weights
    pooled = _pooled(form, ids, table, convolution_bias)  # (batch, steps, filters)
    hidden = _lstm(form, pooled, kernel, recurrent_kernel, gate_bias)  # (batch, units)
    logits = tf.matmul(hidden, output_kernel) + output_bias  # (batch, classes)
    if wide:
        *tables, temperature = wide
        logits = (logits + _wide(ids, *tables)) / temperature
    return tf.nn.softmax(logits)


def _wide(ids: Any, unigrams: Any, checks: Any, values: Any, scale: Any) -> Any:
    """What the n-grams of a text add to its logits: float32 (batch, classes). As in `model.wide`, which needs Keras,
    but for one slot of each bucket alone: a check is in one of them at most.
    """
    count, slots = checks.shape
    no_padding = ids != 0
    words = tf.cast(tf.gather(unigrams, ids), tf.float32) * tf.cast(no_padding, tf.float32)[..., None]
    buckets, wanted = ngrams.place(ids, count)  # (batch, length, 2) each
    wanted = tf.where(no_padding[..., None], wanted, _NO_CHECK)
    found = tf.cast(tf.gather(checks, buckets), tf.int32) == wanted[..., None]  # (batch, length, 2, slots)
    slot = tf.reduce_max(tf.where(found, tf.range(1, slots + 1), 0), axis=-1)  # (batch, length, 2), 0 for none
    rows = tf.gather(values, tf.where(slot > 0, buckets * slots + slot, 0))  # (batch, length, 2, classes)
    return tf.reduce_sum(words, axis=1) + tf.reduce_sum(tf.cast(rows, tf.float32), axis=(1, 2)) * scale


def _pooled(form: Form, ids: Any, table: Any, bias: Any) -> Any:
    """Convolution, ReLU and max pooling; windows that no pool takes are left out, and positions with them."""
    windows = form.steps * form.pool
    positions = windows + form.width - 1
    rows = tf.gather(table, ids[:, :positions])  # (batch, positions, width * filters)
    rows = tf.reshape(rows, (-1, positions, form.width, form.filters))
    convolved = tf.add_n([rows[:, k : k + windows, k] for k in range(form.width)])  # (batch, windows, filters)
    pools = tf.reshape(convolved, (-1, form.steps, form.pool, form.filters))
    # Bias and ReLU grow with their argument, so both may come after the maximum, on a quarter of the values.
    return tf.nn.relu(tf.reduce_max(pools, axis=2) + bias)  # (batch, steps, filters)


def _lstm(form: Form, inputs: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> Any:
    """The last hidden state (batch, units); what the inputs add to the gates is one product for all steps."""
    flat = tf.reshape(inputs, (-1, form.filters))  # (batch * steps, filters)
    from_inputs = tf.matmul(flat, kernel) + bias  # (batch * steps, 4 * units)
    from_inputs = tf.reshape(from_inputs, (-1, form.steps, 4 * form.units))
    hidden, cell = _step(from_inputs[:, 0], None)
    for step in range(1, form.steps):
        gates = from_inputs[:, step] + tf.matmul(hidden, recurrent_kernel)  # (batch, 4 * units)
        hidden, cell = _step(gates, cell)
    return hidden


def _step(gates: Any, cell: Any) -> tuple[Any, Any]:
    """One step of the LSTM from its gates (batch, 4 * units); `cell` is None before the first."""
    input_gate, forget_gate, candidate, output_gate = tf.split(tf.tanh(gates), 4, axis=1)  # (batch, units) each
    added = _sigmoid(input_gate) * candidate
    cell = added if cell is None else _sigmoid(forget_gate) * cell + added
    return _sigmoid(output_gate) * tf.tanh(cell), cell


def _sigmoid(tanh_of_half: Any) -> Any:
    return 0.5 + 0.5 * tanh_of_half
