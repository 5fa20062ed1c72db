"""The folded network in TensorFlow: one graph for any batch, and compiled ones for a few batch sizes.

All of them share one set of variables, so that the table exists once. Built from `model.folding.Folded`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.folding import Folded

BATCH_SIZES = (1, 4, 16, 64)
"""Every size costs half a second and some 7 MB to compile; sizes in between gain little beside `plan`."""
_CALL_COST = 4
"""What a call costs beside its texts, in texts: measured on CPU."""

Ids = NDArray[np.int32]
Run = Callable[[Ids], NDArray[np.float32]]


class FoldedEngine:
    """Answers from an uncompiled graph at once, and from compiled ones as soon as they are there."""

    best_batch = 2 * BATCH_SIZES[-1]
    inline_rows = 0

    def __init__(self, folded: Folded, sequence_length: int, device: str = "CPU:0") -> None:
        """`device` is TensorFlow's name, such as GPU:0; the variables live there too."""
        self._length, self._device = sequence_length, device
        with tf.device(device):
            self._network = FoldedNetwork(folded)
        self._uncompiled = self._trace(None)
        self._compiled: dict[int, Run] = {}
        self._plan = plan(BATCH_SIZES, _CALL_COST)

    def probabilities(self, ids: Ids) -> NDArray[np.float32]:
        """See `model.engine.Engine.probabilities`."""
        rows = len(ids)
        if not self._compiled or not rows:
            return self._uncompiled(ids)
        if rows in self._compiled:
            return self._compiled[rows](ids)
        parts, start = [], 0
        while start < rows:
            size = self._plan[min(rows - start, BATCH_SIZES[-1])]
            parts.append(self._padded(ids[start : start + size], size))
            start += size
        return np.concatenate(parts)  # (rows, classes)

    def compile(self) -> None:
        """Compile the graph for each batch size with XLA."""
        compiled = {size: self._trace(size) for size in BATCH_SIZES}
        for size, run in compiled.items():
            run(np.zeros((size, self._length), dtype=np.int32))
        self._compiled = compiled
        if self._device.startswith("CPU"):
            self.inline_rows = BATCH_SIZES[1]

    def _padded(self, ids: Ids, size: int) -> NDArray[np.float32]:
        rows = len(ids)
        if rows < size:
            ids = np.concatenate([ids, np.zeros((size - rows, self._length), dtype=np.int32)])  # (size, length)
        return self._compiled[size](ids)[:rows]  # (rows, classes)

    def _trace(self, size: int | None) -> Run:
        """The graph for batches of `size`, to be compiled, or for any, uncompiled."""
        with tf.device(self._device):
            concrete = tf.function(
                self._network.probabilities, jit_compile=size is not None, autograph=False
            ).get_concrete_function(tf.TensorSpec((size, self._length), tf.int32))
        return partial(_call, concrete.inference_fn.call_flat, concrete.captured_inputs, self._device)


def plan(sizes: Sequence[int], call_cost: int) -> list[int]:
    """The size to run first for each number of rows up to the largest size, so that all rows cost the least.

    A run costs `call_cost` and its size, padding included; the rest is planned in turn. Entry 0 means nothing.
    """
    costs, first = [0], [0]
    for rows in range(1, sizes[-1] + 1):
        cost, size = min((call_cost + size + costs[max(rows - size, 0)], size) for size in sizes)
        costs.append(cost)
        first.append(size)
    return first


def _call(call_flat: Callable[..., list[Any]], variables: list[Any], device: str, ids: Ids) -> NDArray[np.float32]:
    """The graph on `ids`. Goes round what a ConcreteFunction does about arguments: a third of a call with one text."""
    with tf.device(device):
        answer: NDArray[np.float32] = call_flat(tf.constant(ids), *variables)[0].numpy()
    return answer


class FoldedNetwork(tf.Module):  # type: ignore[misc] # TensorFlow has no types
    """The variables of a fold, and the graph over them."""

    def __init__(self, folded: Folded) -> None:
        super().__init__()
        self._width, self._pool, self._steps = folded.width, folded.pool, folded.steps
        self._filters, self._units = folded.filters, folded.units
        for name in (
            "table",
            "convolution_bias",
            "kernel",
            "recurrent_kernel",
            "gate_bias",
            "output_kernel",
            "output_bias",
        ):
            setattr(self, name, tf.Variable(getattr(folded, name), trainable=False, name=name))

    def probabilities(self, ids: Any) -> Any:
        """From ids int32 (batch, length) to probabilities float32 (batch, classes)."""
        hidden = self._lstm(self._pooled(ids))  # (batch, units)
        return tf.nn.softmax(tf.matmul(hidden, self.output_kernel) + self.output_bias)  # (batch, classes)

    def _pooled(self, ids: Any) -> Any:
        """Convolution, ReLU and max pooling; windows that no pool takes are left out, and positions with them."""
        windows = self._steps * self._pool
        positions = windows + self._width - 1
        rows = tf.gather(self.table, ids[:, :positions])  # (batch, positions, width * filters)
        rows = tf.reshape(rows, (-1, positions, self._width, self._filters))
        convolved = tf.add_n([rows[:, k : k + windows, k] for k in range(self._width)])  # (batch, windows, filters)
        pools = tf.reshape(convolved, (-1, self._steps, self._pool, self._filters))
        # Bias and ReLU grow with their argument, so both may come after the maximum, on a quarter of the values.
        return tf.nn.relu(tf.reduce_max(pools, axis=2) + self.convolution_bias)  # (batch, steps, filters)

    def _lstm(self, inputs: Any) -> Any:
        """The last hidden state; what the inputs add to the gates is one product for all steps."""
        flat = tf.reshape(inputs, (-1, self._filters))  # (batch * steps, filters)
        from_inputs = tf.matmul(flat, self.kernel) + self.gate_bias  # (batch * steps, 4 * units)
        from_inputs = tf.reshape(from_inputs, (-1, self._steps, 4 * self._units))
        hidden, cell = self._step(from_inputs[:, 0], None)
        for step in range(1, self._steps):
            gates = from_inputs[:, step] + tf.matmul(hidden, self.recurrent_kernel)  # (batch, 4 * units)
            hidden, cell = self._step(gates, cell)
        return hidden

    def _step(self, gates: Any, cell: Any) -> tuple[Any, Any]:
        """One step of the LSTM from its gates (batch, 4 * units); `cell` is None before the first."""
        input_gate, forget_gate, candidate, output_gate = tf.split(tf.tanh(gates), 4, axis=1)  # (batch, units) each
        added = _sigmoid(input_gate) * candidate
        cell = added if cell is None else _sigmoid(forget_gate) * cell + added
        return _sigmoid(output_gate) * tf.tanh(cell), cell


def _sigmoid(tanh_of_half: Any) -> Any:
    return 0.5 + 0.5 * tanh_of_half
