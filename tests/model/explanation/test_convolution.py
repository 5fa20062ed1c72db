"""Whether windows are known to hold the words from their number on."""

import numpy as np
import pytest

from model.explanation.convolution import Convolution, find_convolution
from tests.model.explanation.scenes import CONVOLUTION, LAYERS, manifest_with

WEIGHTS = {"convolution/kernel": np.zeros((2, 2, 3), np.float32)}


def test_the_convolution_after_the_embedding_is_found_by_its_kernel():
    assert find_convolution(manifest_with(), WEIGHTS) == CONVOLUTION


def test_a_convolution_without_a_max_pooling_after_it_is_found():
    layers = [layer for layer in LAYERS if layer[1] != "MaxPooling1D"]
    assert find_convolution(manifest_with(layers), WEIGHTS) == Convolution("convolution", 2, 5, 3, None)


@pytest.mark.parametrize(
    ("change", "weights"),
    [
        ({}, {}),
        ({"convolution": ("convolution", "Conv1D", (6, 3))}, WEIGHTS),
        ({"convolution": ("convolution", "Conv1D", (3, 3))}, WEIGHTS),
        ({"convolution": ("convolution", "GRU", (5, 3))}, WEIGHTS),
        ({"dropout": ("dropout", "LayerNormalization", (6, 2))}, WEIGHTS),
    ],
    ids=["no weights", "padded", "with strides", "another kind", "something between"],
)
def test_where_windows_lie_otherwise_there_is_none(change, weights):
    layers = [change.get(layer[0], layer) for layer in LAYERS]
    assert find_convolution(manifest_with(layers), weights) is None
