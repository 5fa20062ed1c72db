"""The fold: an embedding that no longer learns and the convolution over it become one table of look-ups.

A convolution over embedded words is linear until its bias: window t sums E[id(t+k)] @ K[k] over the width. So
row v of the table holds E[v] @ K[k] for every k, and serving neither embeds nor convolves. NumPy only; what runs the
fold is `model.folded_engine`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from model.manifest import Manifest

Float16 = NDArray[np.float16]
Float32 = NDArray[np.float32]
Weights = Mapping[str, NDArray[Any]]
"""By Keras path, such as `lstm/lstm_cell/kernel`."""

KINDS = ("Embedding", "Conv1D", "MaxPooling1D", "LSTM", "Dense")
WIDE_KINDS = ("NgramTables", "Add", "Temperature", "Softmax")
"""What may follow `KINDS`: the tables of n-grams beside them, and what makes one answer of both parts."""
IDLE_KINDS = ("InputLayer", "Dropout", "SpatialDropout1D")
"""Layers that do nothing when serving."""
MOST_STEPS = 64
"""LSTM steps up to which the loop is written out; compiling costs some 40 ms a step."""
LARGEST_TABLE_BYTES = 256 << 20
"""25 MB in `reference`. Beyond this, memory is worth more than the time."""


@dataclass(frozen=True, slots=True)
class WidePart:
    """The tables of `model.wide`, as small as they are there, since serving looks up few of their rows."""

    unigrams: Float16
    """(vocabulary, classes)"""
    checks: NDArray[np.uint16]
    """(buckets, slots); 0 where a slot is empty."""
    values: NDArray[np.int8]
    """(1 + buckets * slots, classes): of what no check finds, which is nothing, and then of each slot."""
    scale: Float32
    """(), what the values are to be multiplied by."""
    temperature: Float32
    """(), what the logits of both parts together are divided by."""


@dataclass(frozen=True, slots=True)
class Folded:
    """What is left of the Conv1D-LSTM: a table and the weights behind it. Gates are in Keras's order i, f, c, o.

    The kernels and the bias of the sigmoid gates are halved, since sigmoid(x) = 1/2 + tanh(x/2) / 2: one
    tanh over all four gates is left, and halving a float is exact.
    """

    width: int
    pool: int
    steps: int
    table: Float32
    """(vocabulary, width * filters): what word v adds to a window at each of its places."""
    convolution_bias: Float32
    """(filters,)"""
    kernel: Float32
    """(filters, 4 * units)"""
    recurrent_kernel: Float32
    """(units, 4 * units)"""
    gate_bias: Float32
    """(4 * units,)"""
    output_kernel: Float32
    """(units, classes)"""
    output_bias: Float32
    """(classes,), of both parts together."""
    wide: WidePart | None = None

    @property
    def filters(self) -> int:
        """Filters of the convolution."""
        return len(self.convolution_bias)

    @property
    def units(self) -> int:
        """Units of the LSTM."""
        return len(self.recurrent_kernel)


def fold(manifest: "Manifest", weights: Weights) -> Folded | None:
    """The fold of the network that `manifest` describes, or None where it is of another form.

    Names and shapes alone do not tell a ReLU from a tanh, nor which layers an Add adds: the caller compares what the
    fold answers with what the network answers.
    """
    layers = [layer for layer in manifest.layers if layer.kind not in IDLE_KINDS]
    if tuple(layer.kind for layer in layers) not in (KINDS, KINDS + WIDE_KINDS):
        return None
    steps, names = layers[2].shape[0] or 0, [layer.name for layer in layers]
    try:
        folded = _fold(manifest, weights, steps, names[: len(KINDS)])
        return folded and _with_wide_part(folded, manifest, weights, names[len(KINDS) :])
    except KeyError:
        return None


def _fold(manifest: "Manifest", weights: Weights, steps: int, names: Sequence[str]) -> Folded | None:
    """The fold of the layers `names`, of `KINDS`. Raises `KeyError` where a weight is missing."""
    embedding, convolution, _, lstm, dense = names
    vectors = weight_of(weights, embedding, "embeddings")[: manifest.vocabulary_size]  # (vocabulary, dim)
    filters = weight_of(weights, convolution, "kernel")  # (width, dim, filters)
    width = len(filters)
    windows = manifest.sequence_length - width + 1
    if filters.shape[1] != vectors.shape[1] or not 1 <= steps <= min(windows, MOST_STEPS):
        return None  # a convolution in groups, or padded
    if 4 * len(vectors) * filters[:, 0].size > LARGEST_TABLE_BYTES:
        return None
    return Folded(
        width=width,
        pool=_pool(manifest, windows, steps),
        steps=steps,
        table=_table(vectors, filters),
        convolution_bias=weight_of(weights, convolution, "bias"),
        kernel=_halve(weight_of(weights, lstm, "kernel")),
        recurrent_kernel=_halve(weight_of(weights, lstm, "recurrent_kernel")),
        gate_bias=_halve(weight_of(weights, lstm, "bias")),
        output_kernel=weight_of(weights, dense, "kernel"),
        output_bias=weight_of(weights, dense, "bias"),
    )


def _with_wide_part(folded: Folded, manifest: "Manifest", weights: Weights, names: Sequence[str]) -> Folded | None:
    """`folded` with the layers `names`, of `WIDE_KINDS`, if there are any. Raises `KeyError` as `weight_of` does."""
    if not names:
        return folded
    tables, _, temperature, _ = names
    checks = _found(weights, tables, "checks", np.uint16)  # (buckets, slots)
    values = _found(weights, tables, "values", np.int8)  # (buckets, slots, classes)
    ordered = np.sort(checks, axis=1)
    if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] > 0)).any():
        return None  # an n-gram of two slots, which the network adds up
    wide = WidePart(
        unigrams=_found(weights, tables, "unigrams", np.float16)[: manifest.vocabulary_size],
        checks=checks,
        values=np.pad(values.reshape(-1, values.shape[-1]), ((1, 0), (0, 0))),
        scale=_found(weights, tables, "scale", np.float32),
        temperature=_found(weights, temperature, "temperature", np.float32),
    )
    return replace(folded, output_bias=folded.output_bias + _found(weights, tables, "bias", np.float32), wide=wide)


def _pool(manifest: "Manifest", windows: int, steps: int) -> int:
    """The manifest's, since several may give as many steps; the largest of them where it does not say."""
    pool = manifest.network.get("pool")
    return pool if isinstance(pool, int) and pool > 0 and windows // pool == steps else windows // steps


def weight_of(weights: Weights, layer: str, name: str) -> Float32:
    """The one weight of that name in a layer, of single or half precision, as float32. Raises `KeyError`."""
    return _found(weights, layer, name, np.float32, np.float16).astype(np.float32, copy=False)


def _found(weights: Weights, layer: str, name: str, *dtypes: type[np.generic]) -> NDArray[Any]:
    """The one weight of that name in a layer; `keras.Sequential` puts its own name first. Raises `KeyError`."""
    found = [weights[path] for path in weights if f"/{layer}/" in f"/{path}" and path.endswith(f"/{name}")]
    if len(found) != 1 or found[0].dtype not in dtypes:
        raise KeyError(f"{layer}/…/{name}")
    return found[0]


def _table(vectors: Float32, kernel: Float32) -> Float32:
    width, dim, filters = kernel.shape
    side_by_side = kernel.transpose(1, 0, 2).reshape(dim, width * filters)  # (dim, width * filters)
    # Not by BLAS, whose last bits depend on how many threads it has: the same bundle is to answer the same everywhere.
    return np.asarray(np.einsum("vd,df->vf", vectors, side_by_side), np.float32)  # (vocabulary, width * filters)


def _halve(gates: Float32) -> Float32:
    """`gates` (…, 4 * units) with i, f and o halved."""
    halves = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], np.float32), gates.shape[-1] // 4)  # (4 * units,)
    return gates * halves
