"""The graph behind attributions: what each word adds to a class's logit, by integrated gradients.

Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks" (arXiv:1703.01365), equation 1, as a sum
over steps that the caller chooses; the baseline is padding alone. Needs Keras: it is traced when a bundle is exported,
gradient included, and `model.savedmodel` calls what was traced.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from model.network import Call, is_softmax, layer_outputs, logits_of, trace

TOLERANCE = 1e-4
"""Largest difference of a logit between this graph and the network that is put down to rounding."""

Attribute = Callable[[Any, Any, Any, Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Route:
    """The network in three parts: ids to words, words to what the straight path is laid through, that to logits."""

    embed: Callable[[Any], Any]
    """ids (n, 50) to words (n, 50, 100)"""
    linear: Callable[[Any], Any]
    """words to points, linear up to a constant: (n, 46, 64) before the activation"""
    rest: Callable[[Any], Any]
    """points to logits (n, 3)"""
    convolution: str | None
    """The layer whose values before the activation the points are; None where they are the words themselves."""


def attribution(network: Any) -> Attribute | None:
    """A function of ids int32 (1, 50), label int32 (), alphas and weights float32 (k,); None where there is none.

    With E the text's embedded words and E0 those of padding, it gives
    `embedding` (50,), the sum over k of weights[k] (E - E0) · d logit[label] / dE at E0 + alphas[k] (E - E0);
    `<convolution>` (46, 64), where a Conv1D follows the embedding, the same effect shared out over windows and filters;
    `logits` (k + 2, 3), at each alpha, then at the baseline, then at the text.

    A convolution is linear before its activation, so a straight path of words is a straight path of its values: only
    what comes after them runs once a step. There is no such function for a network without one embedding that reads the
    ids, or whose logits come about in another way, as with masks.
    """
    route = _route(network)
    if route is None:
        return None
    attribute = _over(route)
    return attribute if _agrees(attribute, network) else None


def _over(route: _Route) -> Attribute:
    def attribute(ids: Any, label: Any, alphas: Any, weights: Any) -> Mapping[str, Any]:
        words, padding = route.embed(ids), route.embed(tf.zeros_like(ids))  # (1, 50, 100)
        with tf.GradientTape(watch_accessed_variables=False) as to_words:
            to_words.watch(words)
            end = route.linear(words)  # (1, 46, 64)
        start = route.linear(padding)
        points = tf.concat([start + alphas[:, None, None] * (end - start), start, end], 0)  # (k + 2, 46, 64)
        with tf.GradientTape(watch_accessed_variables=False) as to_points:
            to_points.watch(points)
            logits = route.rest(points)  # (k + 2, 3)
            weighted = tf.reduce_sum(tf.gather(logits, label, axis=1)[:-2] * weights)
        slopes = to_points.gradient(weighted, points, unconnected_gradients="zero")  # (k + 2, 46, 64)
        slope = tf.reduce_sum(slopes, 0, keepdims=True)  # (1, 46, 64)
        slope_of_words = to_words.gradient(end, words, output_gradients=slope)  # (1, 50, 100)
        effects = {"embedding": tf.reduce_sum(slope_of_words * (words - padding), -1)[0], "logits": logits}
        return effects if route.convolution is None else {route.convolution: (slope * (end - start))[0]} | effects

    return attribute


def _route(network: Any) -> _Route | None:
    ids, calls = trace(network)
    embeddings = [call for call in calls if isinstance(call.layer, keras.layers.Embedding)]
    if len(embeddings) != 1 or embeddings[0].inputs[0] is not ids:
        return None
    (embedding,), last = embeddings, calls[-1]
    if not is_softmax(last.layer):
        return None
    follower = _follower(calls, embedding)
    through = follower if follower is not None and type(follower.layer) is keras.layers.Conv1D else None
    try:
        behind = keras.Model((through or embedding).output, last.inputs[0])
    except (ValueError, KeyError):  # the ids reach the logits by another way too
        return None

    def rest(points: Any) -> Any:
        values = points if through is None else through.layer.activation(points)
        return logits_of(last.layer, behind(values, training=False))

    if through is None:
        return _Route(embedding.layer, tf.identity, rest, None)
    return _Route(embedding.layer, _before_activation(through.layer), rest, through.layer.name)


def _follower(calls: list[Call], call: Call) -> Call | None:
    """The one call that reads what `call` gives, dropouts being idle; None where several do."""
    readers = [other for other in calls if any(call.output is each for each in other.inputs)]
    if len(readers) != 1:
        return None
    idle = isinstance(readers[0].layer, keras.layers.Dropout | keras.layers.SpatialDropout1D)
    return _follower(calls, readers[0]) if idle else readers[0]


def _before_activation(convolution: Any) -> Callable[[Any], Any]:
    """The convolution without its activation, by the same weights."""
    linear = keras.layers.Conv1D.from_config(convolution.get_config() | {"activation": None})
    linear.build(convolution.input.shape)

    def values(words: Any) -> Any:
        weights = [
            [w.value for w in convolution.trainable_variables],
            [w.value for w in convolution.non_trainable_variables],
        ]
        return linear.stateless_call(*weights, words)[0]

    return values


def _agrees(attribute: Attribute, network: Any) -> bool:
    """Whether the graph's logits are those of the network, for ids padded on either side and for padding alone."""
    length, explain = network.input_shape[-1], layer_outputs(network)
    words = next(layer for layer in network.layers if isinstance(layer, keras.layers.Embedding)).input_dim
    probe = np.random.default_rng(0).integers(0, words, (2, length)).astype(np.int32)  # (2, 50)
    probe[0, : length // 2] = probe[1, length // 2 :] = 0
    half = tf.constant([0.5])
    for ids in probe:
        expected = explain(np.stack([np.zeros_like(ids), ids]))["logits"]  # (2, 3)
        given = attribute(tf.constant(ids[None]), tf.constant(0), half, half)["logits"][1:]  # (2, 3)
        if not np.abs(given - expected).max() <= TOLERANCE:
            return False
    return True
