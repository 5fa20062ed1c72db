"""Integrated gradients: exact where the path is linear, complete where it is not, and as Keras's own gradients say."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from model.explanation.integrated_gradients import LARGEST_GAP, STEPS, integrate, quadrature
from model.network import build
from tests.bundles import TOY
from tests.model.explanation.sentences import LONG, SENTENCES

IDS = np.array([[0, 7, 8]], np.int32)


class Path:
    """A logit along the path, given as a function of alpha and its slope, that two positions move alike."""

    def __init__(self, logit, slope):
        self.logit, self.slope = logit, slope
        self.calls: list[int] = []

    def __call__(self, ids, label, alphas, weights):
        assert ids is IDS
        self.calls.append(len(alphas))
        effect = (self.slope(alphas) * weights).sum()
        logits = np.zeros((len(alphas) + 2, 3), np.float32)
        logits[:, label] = self.logit(np.array([*alphas, 0, 1]))
        embedding = np.array([0, effect / 2, effect / 2], np.float32)
        return {"embedding": embedding, "windows": embedding[:, None], "logits": logits}


@pytest.mark.parametrize("steps", STEPS)
def test_nodes_and_weights_integrate_polynomials(steps):
    alphas, weights = quadrature(steps)
    assert alphas.shape == weights.shape == (steps,)
    assert alphas.dtype == weights.dtype == np.float32
    assert 0 < alphas.min() < alphas.max() < 1
    for power in (0, 1, 2, 9):
        assert (alphas.astype(float) ** power * weights).sum() == pytest.approx(1 / (power + 1), abs=1e-5)


def test_a_linear_logit_is_shared_out_exactly_with_the_fewest_steps():
    path = Path(lambda alpha: 3 * alpha + 1, lambda alphas: np.full_like(alphas, 3))
    integral = integrate(path, IDS, 2, "windows")
    assert path.calls == [16]
    assert integral.steps == 16
    np.testing.assert_allclose(integral.positions, [0, 1.5, 1.5], atol=1e-6)
    assert integral.windows is not None
    np.testing.assert_allclose(integral.windows[:, 0], [0, 1.5, 1.5], atol=1e-6)
    assert (integral.logit, integral.baseline_logit) == (4.0, 1.0)
    assert integral.gap <= 1e-6


def test_more_steps_are_taken_until_the_gap_is_small():
    edge = 1 / 3  # where a ReLU sets in
    path = Path(lambda alpha: np.maximum(alpha - edge, 0), lambda alphas: (alphas > edge).astype(float))
    integral = integrate(path, IDS, 0, None)
    assert path.calls == [16, 64]
    assert integral.steps == 64
    assert integral.windows is None
    assert integral.gap == pytest.approx(abs(integral.positions.sum() - 2 / 3), abs=1e-6)
    assert integral.relative_gap == pytest.approx(integral.gap * 3 / 2, rel=1e-4)
    assert 0 < integral.relative_gap <= LARGEST_GAP


def test_a_gap_that_no_number_of_steps_closes_is_reported():
    path = Path(lambda alpha: 2 * alpha, lambda alphas: np.full_like(alphas, 3))
    integral = integrate(path, IDS, 1, "windows")
    assert path.calls == [16, 64, 256, 1024]
    assert integral.steps == 1024
    assert integral.gap == pytest.approx(1, abs=1e-5)
    assert integral.relative_gap == pytest.approx(0.5, abs=1e-5)


def test_a_logit_that_does_not_move_has_no_gap():
    path = Path(lambda alpha: 0 * alpha + 7, np.zeros_like)
    integral = integrate(path, IDS, 1, "windows")
    assert path.calls == [16]
    assert integral.gap == integral.relative_gap == 0


def test_a_graph_without_the_convolutions_share_gives_none():
    path = Path(lambda alpha: alpha, np.ones_like)
    assert integrate(path, IDS, 1, "convolution").windows is None


@pytest.mark.parametrize("label", [0, 1, 2])
def test_they_are_what_keras_own_gradients_say(toy, label):
    """Equation 1 written out over the embedding, with a thousand gradients of the network of Keras."""
    _, bundle, saved = toy
    network = build(TOY, np.zeros((TOY.vocabulary_size, TOY.embedding_dim), np.float32))
    weights = saved.weights()
    network.set_weights([weights[weight.path] for weight in network.weights])
    embedding, *_, last = network.layers[1:]
    last.activation = keras.activations.linear
    behind = keras.Model(embedding.output, last(network.layers[-2].output))
    ids, _ = bundle.encoder.encode(["a storm came over the sea"])
    words, padding = (embedding(values).numpy() for values in (ids, np.zeros_like(ids)))
    steps = 1000
    alphas = ((np.arange(steps) + 0.5) / steps).astype(np.float32)[:, None, None]
    points = tf.constant(padding + alphas * (words - padding))  # (1000, 8, 4)
    with tf.GradientTape() as tape:
        tape.watch(points)
        logit = behind(points, training=False)[:, label]
    slopes = tape.gradient(logit, points).numpy()
    expected = (slopes.mean(axis=0) * (words - padding)[0]).sum(axis=1)  # (8,)
    given = integrate(saved.attribute, ids, label, "convolution")
    np.testing.assert_allclose(given.positions, expected, atol=0.02 * np.abs(expected).sum())
    assert given.windows is not None
    np.testing.assert_allclose(given.windows.sum(), expected.sum(), atol=0.02 * np.abs(expected).sum())


@pytest.mark.parametrize("text", [*SENTENCES, LONG])
def test_the_sum_is_the_difference_of_logits_for_the_network_that_ships(shipped, text):
    explainer, bundle, _ = shipped
    for label in bundle.manifest.labels:
        given = explainer.explain(text, label).attributions
        assert given.label == label
        difference = given.logit - given.baseline_logit
        assert abs(given.values.sum() - difference) <= 0.02 * abs(difference)
        assert given.relative_gap <= 0.02
