"""What each layer gave: NumPy makes it again from what the layer before it gave, with the bundle's weights."""

import numpy as np
import pytest

from model.explanation.explanation import Statistics
from model.explanation.layers import statistics
from tests.model.explanation.sentences import LONG, SENTENCES


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def embed(ids, weights):
    return weights["embedding/embeddings"][ids]


def convolve(words, weights):
    kernel, bias = weights["convolution/kernel"], weights["convolution/bias"]
    windows = len(words) - len(kernel) + 1
    sums = [np.einsum("wd,wdf->f", words[start : start + len(kernel)], kernel) for start in range(windows)]
    return np.maximum(np.array(sums) + bias, 0)


def pool(windows, steps):
    size = len(windows) // steps
    pools = windows[: steps * size].reshape(steps, size, -1)
    return pools.max(axis=1), pools.argmax(axis=1) + size * np.arange(steps)[:, None]


def remember(steps, weights):
    """The LSTM of Keras, gates in the order i, f, c, o."""
    names = ("kernel", "recurrent_kernel", "bias")
    kernel, recurrent_kernel, bias = (weights[f"lstm/lstm_cell/{name}"] for name in names)
    state = memory = np.zeros(len(recurrent_kernel))
    states = []
    for step in steps:
        i, f, c, o = np.split(step @ kernel + state @ recurrent_kernel + bias, 4)
        memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(c)
        state = sigmoid(o) * np.tanh(memory)
        states.append(state)
    return np.array(states)


def weigh(features, weights):
    return features @ weights["probabilities/kernel"] + weights["probabilities/bias"]


def softmax(logits):
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


@pytest.fixture(params=["toy", "shipped"])
def explained(request):
    """Explanations of a network, its weights, and its encoder."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("text", [SENTENCES[0], "the sea was calm", LONG, "zzz qqq"], ids=["one", "short", "long", "?"])
def test_each_layer_follows_from_the_one_before(explained, text):
    explainer, bundle, saved = explained
    weights = saved.weights()
    layers = explainer.explain(text).layers
    assert [layer.name for layer in layers] == [layer.name for layer in bundle.manifest.layers]
    ids, embedding, dropout, convolution, pooling, lstm, probabilities = layers
    np.testing.assert_array_equal(ids.activations, bundle.encoder.encode([text])[0][0])
    np.testing.assert_array_equal(embedding.activations, embed(ids.activations, weights))
    np.testing.assert_array_equal(dropout.activations, embedding.activations)
    np.testing.assert_allclose(convolution.activations, convolve(dropout.activations, weights), atol=1e-5)
    kept, positions = pool(convolution.activations, pooling.shape[0])
    np.testing.assert_array_equal(pooling.activations, kept)
    np.testing.assert_array_equal(pooling.positions, positions)
    states = remember(pooling.activations, weights)
    np.testing.assert_allclose(lstm.states, states, atol=1e-5)
    np.testing.assert_allclose(lstm.activations, states[-1], atol=1e-5)
    np.testing.assert_allclose(probabilities.logits, weigh(lstm.activations, weights), atol=1e-5)
    np.testing.assert_allclose(probabilities.activations, softmax(probabilities.logits), atol=1e-6)


def test_shapes_and_counts_are_those_of_the_table(explained):
    explainer, bundle, _ = explained
    for layer, row in zip(explainer.explain(SENTENCES[1]).layers, bundle.manifest.layers, strict=True):
        assert (layer.name, layer.kind, layer.shape, layer.parameters) == (
            row.name,
            row.kind,
            row.shape,
            row.parameters,
        )
        assert layer.activations.shape == layer.shape


def test_only_the_layers_that_have_them_give_positions_states_and_logits(toy):
    explainer, *_ = toy
    layers = {layer.name: layer for layer in explainer.explain("the sea").layers}
    assert {name for name, layer in layers.items() if layer.positions is not None} == {"pooling"}
    assert {name for name, layer in layers.items() if layer.states is not None} == {"lstm"}
    assert {name for name, layer in layers.items() if layer.logits is not None} == {"probabilities"}


def test_statistics_are_over_all_numbers():
    assert statistics(np.array([[0, -1], [3, 4]], np.float32)) == Statistics(-1.0, 1.5, 4.0, 0.25)
    assert statistics(np.array([0, 0, 3, 5], np.int32)) == Statistics(0.0, 2.0, 5.0, 0.5)
