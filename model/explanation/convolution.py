"""The convolution that reads the words themselves, if the network has one: which words each of its windows holds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.folding import IDLE_KINDS, weight_of
from model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Convolution:
    """A Conv1D over the embedding, of stride 1 and without padding: window t holds positions t to t + width - 1."""

    name: str
    width: int
    windows: int
    filters: int
    pooling: str | None
    """The max pooling that follows, if one does."""


def find_convolution(manifest: Manifest, weights: Mapping[str, NDArray[np.float32]]) -> Convolution | None:
    """The convolution right after the embedding; None where there is none, or where its windows lie otherwise.

    `weights` by Keras path, such as `convolution/kernel`.
    """
    layers = [layer for layer in manifest.layers if layer.kind not in IDLE_KINDS]
    if [layer.kind for layer in layers[:2]] != ["Embedding", "Conv1D"] or len(layers) < 3:
        return None
    name, (windows, filters) = layers[1].name, layers[1].shape  # (46, 64)
    try:
        width = len(weight_of(weights, name, "kernel"))
    except KeyError:
        return None
    if filters is None or windows is None or windows != manifest.sequence_length - width + 1:
        return None  # padded, with strides, or dilated
    pooling = layers[2].name if layers[2].kind == "MaxPooling1D" else None
    return Convolution(name, width, windows, filters, pooling)
