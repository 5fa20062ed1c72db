"""The graph behind attributions: what each word adds to a class's logit, by integrated gradients.

Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks" (arXiv:1703.01365), equation 1, as a sum
over steps that the caller chooses; the baseline is padding alone. What a wide part adds needs no gradient: it is a sum
of look-ups, see `model.explanation.wide`. Needs Keras: it is traced when a bundle is exported, gradient included, and
`model.savedmodel` calls what was traced.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from model.network import Call, is_softmax, layer_outputs, logits_of, trace
from model.wide import NgramTables, Temperature

TOLERANCE = 1e-4
"""Largest difference of a logit between this graph and the network that is put down to rounding."""

Attribute = Callable[[Any, Any, Any, Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Route:
    """The network in parts: ids to words, words to what the straight path is laid through, that to logits."""

    embed: Callable[[Any], Any]
    """ids (n, 50) to words float32 (n, 50, 100)"""
    linear: Callable[[Any], Any]
    """words to points, linear up to a constant: (n, 46, 64) before the activation"""
    rest: Callable[[Any, Any], Any]
    """points, and what the wide part gives (n, 3) if there is one, to logits (n, 3)"""
    wide: Callable[[Any], Any] | None
    """ids (n, 50) to the logits (n, 3) of a wide part, which are added to those of the path; None without one."""
    convolution: str | None
    """The layer whose values before the activation the points are; None where they are the words themselves."""


def attribution(network: Any) -> Attribute | None:
    """A function of ids int32 (1, 50), label int32 (), alphas and weights float32 (k,); None where there is none.

    With E the text's embedded words and E0 those of padding, it gives
    `embedding` (50,), the sum over k of weights[k] (E - E0) · d logit[label] / dE at E0 + alphas[k] (E - E0);
    `<convolution>` (46, 64), where a Conv1D follows the embedding, the same effect shared out over windows and filters;
    `logits` (k + 2, 3), at each alpha, then at the baseline, then at the text.
    Beside a wide part, effects are those of the deep part alone, while logits are of both (`model.wide`).

    A convolution is linear before its activation, so a straight path of words is a straight path of its values: only
    what comes after them runs once a step. There is no such function for a network without one embedding that reads the
    ids, or whose logits come about in another way, as with masks, or with n-grams that are not merely added.
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
        points = _way(start, end, alphas[:, None, None])  # (k + 2, 46, 64)
        wide = route.wide and _way(route.wide(tf.zeros_like(ids)), route.wide(ids), alphas[:, None])  # (k + 2, 3)
        with tf.GradientTape(watch_accessed_variables=False) as to_points:
            to_points.watch(points)
            logits = route.rest(points, wide)  # (k + 2, 3)
            weighted = tf.reduce_sum(tf.gather(logits, label, axis=1)[:-2] * weights)
        slopes = to_points.gradient(weighted, points, unconnected_gradients="zero")  # (k + 2, 46, 64)
        slope = tf.reduce_sum(slopes, 0, keepdims=True)  # (1, 46, 64)
        slope_of_words = to_words.gradient(end, words, output_gradients=slope)  # (1, 50, 100)
        effects = {"embedding": tf.reduce_sum(slope_of_words * (words - padding), -1)[0], "logits": logits}
        return effects if route.convolution is None else {route.convolution: (slope * (end - start))[0]} | effects

    return attribute


def _way(start: Any, end: Any, alphas: Any) -> Any:
    """At each alpha between the two, then both."""
    return tf.concat([start + alphas * (end - start), start, end], 0)


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
    wide = _wide_part(calls, ids)
    try:
        behind = keras.Model([each.output for each in (through or embedding, wide) if each], last.inputs[0])
    except (ValueError, KeyError):  # the ids reach the logits by another way too
        return None

    def embed(ids: Any) -> Any:
        return tf.cast(embedding.layer(ids), tf.float32)

    def rest(points: Any, logits: Any) -> Any:
        values = points if through is None else through.layer.activation(points)
        return logits_of(last.layer, behind([values] if wide is None else [values, logits], training=False))

    tables = wide and wide.layer
    if through is None:
        return _Route(embed, tf.identity, rest, tables, None)
    return _Route(embed, _before_activation(through.layer), rest, tables, through.layer.name)


def _wide_part(calls: list[Call], ids: Any) -> Call | None:
    """Tables of n-grams whose logits are added to those of the path and brought to a temperature, no more."""
    found = [call for call in calls if isinstance(call.layer, NgramTables)]
    if len(found) != 1 or found[0].inputs[0] is not ids:
        return None
    call = found[0]
    for kind in (keras.layers.Add, Temperature):
        follower = _follower(calls, call)
        if follower is None or type(follower.layer) is not kind:
            return None
        call = follower
    return found[0] if _follower(calls, call) is calls[-1] else None


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
