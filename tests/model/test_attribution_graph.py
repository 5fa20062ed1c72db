"""Integrated gradients in a graph, against the definition written out step by step over Keras's own network."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from model.attribution_graph import attribution
from model.network import layer_outputs
from model.wide import NgramTables, Temperature
from tests.bundles import TOY
from tests.model.networks import WIDE, network_of, random_weights

LENGTH, WORDS = 9, 14
IDS = np.array([[0, 0, 3, 5, 1, 5, 13, 2, 7]], np.int32)
NODES, WEIGHTS = (array.astype(np.float32) for array in np.polynomial.legendre.leggauss(40))
ALPHAS, SHARES = (NODES + 1) / 2, WEIGHTS / 2


def chain(*parts):
    ids = keras.Input((LENGTH,), dtype="int32")
    output = ids
    for layer in (*parts, layers.Dense(3, activation="softmax", name="probabilities")):
        output = layer(output)
    return random_weights(keras.Model(ids, output))


def embedding(**options):
    return layers.Embedding(WORDS, 4, name="embedding", **options)


def convolution(**options):
    return layers.Conv1D(3, 2, **({"activation": "relu", "name": "convolution"} | options))


def branches():
    ids = keras.Input((LENGTH,))
    words = embedding()(ids)
    widths = [layers.GlobalMaxPooling1D()(layers.Conv1D(3, width)(words)) for width in (2, 3)]
    return random_weights(keras.Model(ids, layers.Dense(3, activation="softmax")(layers.Concatenate()(widths))))


def around():
    """Words reach the logits through the convolution and past it."""
    ids = keras.Input((LENGTH,), dtype="int32")
    words = layers.Dropout(0.2)(embedding()(ids))
    both = [layers.Flatten()(convolution()(words)), layers.Flatten()(words)]
    return random_weights(keras.Model(ids, layers.Dense(3, activation="softmax")(layers.Concatenate()(both))))


OVER_A_CONVOLUTION = {
    "the preset, small": lambda: chain(
        embedding(), layers.Dropout(0.5), convolution(), layers.MaxPooling1D(2), layers.LSTM(5, unroll=True)
    ),
    "a tutorial's": lambda: chain(embedding(), convolution(), layers.MaxPooling1D(2), layers.LSTM(5)),
    "padded, smooth, frozen, no bias": lambda: chain(
        embedding(trainable=False),
        layers.SpatialDropout1D(0.5),
        convolution(activation="tanh", padding="same", use_bias=False, trainable=False),
        layers.GlobalAveragePooling1D(),
    ),
    "causal, with holes": lambda: chain(embedding(), convolution(padding="causal", dilation_rate=2), layers.Flatten()),
    "strides": lambda: chain(embedding(), convolution(strides=2), layers.Flatten()),
}
OVER_WORDS = {
    "no convolution": lambda: chain(embedding(), layers.Dropout(0.1), layers.GRU(4)),
    "a dense layer first": lambda: chain(
        embedding(), layers.Dense(3, activation="tanh"), convolution(), layers.LSTM(2)
    ),
    "branches": branches,
    "around a convolution": around,
    "both ways": lambda: chain(embedding(), layers.Bidirectional(layers.LSTM(3)), layers.Dense(4)),
}


def reference(network, ids, label):
    """Equation 1 at each node: the gradient of the logit at the embedded words between padding and the text."""
    table = network.get_layer("embedding").get_weights()[0]
    start, end = table[np.zeros_like(ids)], table[ids]  # (1, 9, 4)
    behind = keras.Model(network.get_layer("embedding").output, network.layers[-1].input)
    kernel, bias = network.layers[-1].get_weights()
    total = np.zeros(LENGTH)
    for alpha, share in zip(ALPHAS, SHARES, strict=True):
        words = tf.constant(start + alpha * (end - start))
        with tf.GradientTape() as tape:
            tape.watch(words)
            logit = (tf.matmul(behind(words, training=False), kernel) + bias)[0, label]
        total += share * (tape.gradient(logit, words).numpy() * (end - start)).sum(axis=-1)[0]
    return total  # (9,)


def attributed(network, ids=IDS, label=1):
    attribute = attribution(network)
    assert attribute is not None
    answer = attribute(tf.constant(ids), tf.constant(label), tf.constant(ALPHAS), tf.constant(SHARES))
    return {name: np.asarray(values) for name, values in answer.items()}


@pytest.mark.parametrize("name", [*OVER_A_CONVOLUTION, *OVER_WORDS])
@pytest.mark.parametrize("label", [0, 2])
def test_each_word_gets_what_the_definition_gives_it(name, label):
    network = (OVER_A_CONVOLUTION | OVER_WORDS)[name]()
    given = attributed(network, label=label)["embedding"]
    np.testing.assert_allclose(given, reference(network, IDS, label), atol=1e-4)


@pytest.mark.parametrize("name", OVER_A_CONVOLUTION)
def test_the_convolution_shares_out_the_same_effect(name):
    network = OVER_A_CONVOLUTION[name]()
    given = attributed(network)
    assert given["convolution"].shape == network.get_layer("convolution").output.shape[1:]
    assert given["convolution"].sum() == pytest.approx(given["embedding"].sum(), abs=1e-4)


@pytest.mark.parametrize("name", OVER_WORDS)
def test_without_a_convolution_behind_the_embedding_there_are_words_alone(name):
    assert attributed(OVER_WORDS[name]()).keys() == {"embedding", "logits"}


@pytest.mark.parametrize("name", [*OVER_A_CONVOLUTION, *OVER_WORDS])
def test_the_logits_are_the_networks_own_at_padding_and_at_the_text(name):
    network = (OVER_A_CONVOLUTION | OVER_WORDS)[name]()
    given = attributed(network)["logits"]
    expected = layer_outputs(network)(np.concatenate([np.zeros_like(IDS), IDS]))["logits"]
    assert given.shape == (len(ALPHAS) + 2, 3)
    np.testing.assert_allclose(given[-2:], np.asarray(expected), atol=1e-5)


def test_where_the_network_is_smooth_the_effects_add_up_to_the_difference_of_the_logits():
    given = attributed(OVER_A_CONVOLUTION["padded, smooth, frozen, no bias"](), label=2)
    difference = given["logits"][-1, 2] - given["logits"][-2, 2]
    assert given["embedding"].sum() == pytest.approx(difference, rel=1e-4)


def test_in_a_network_that_is_linear_one_step_gives_each_word_its_part_of_the_logit():
    network = chain(embedding(), layers.Flatten())
    table, kernel, _ = network.get_weights()
    attribute = attribution(network)
    assert attribute is not None
    given = attribute(tf.constant(IDS), tf.constant(1), tf.constant([0.3]), tf.constant([1.0]))["embedding"]
    parts = ((table[IDS[0]] - table[0]) * kernel[:, 1].reshape(LENGTH, 4)).sum(axis=1)  # (9,)
    np.testing.assert_allclose(given, parts, atol=1e-5)
    assert np.asarray(given)[:2].tolist() == [0, 0]


def test_the_preset_has_it():
    network = network_of(TOY)
    ids = np.array([[0, 0, 0, 1, 4, 2, 11, 3]], np.int32)
    assert {name: values.shape for name, values in attributed(network, ids).items()} == {
        "embedding": (8,),
        "convolution": (7, 3),
        "logits": (42, 3),
    }


@pytest.mark.parametrize("label", [0, 2])
def test_beside_a_wide_part_each_word_gets_what_the_definition_gives_it_of_the_deep_part(label):
    network = network_of(WIDE)
    ids = np.array([[0, 0, 0, 1, 4, 2, 11, 3]], np.int32)
    given = attributed(network, ids, label)
    deep = keras.Model(network.get_layer("embedding_dropout").input, network.get_layer("deep").output)
    table = network.get_layer("embedding").get_weights()[0].astype(np.float32)
    start, end = table[np.zeros_like(ids)], table[ids]  # (1, 8, 4)
    expected = np.zeros(8)
    for alpha, share in zip(ALPHAS, SHARES, strict=True):
        words = tf.constant(start + alpha * (end - start))
        with tf.GradientTape() as tape:
            tape.watch(words)
            logit = deep(words, training=False)[0, label]
        expected += share * (tape.gradient(logit, words).numpy() * (end - start)).sum(axis=-1)[0]
    np.testing.assert_allclose(given["embedding"], expected / 1.5, atol=1e-4)
    assert given["convolution"].sum() == pytest.approx(given["embedding"].sum(), abs=1e-4)
    logits = layer_outputs(network)(np.concatenate([np.zeros_like(ids), ids]))["logits"]
    np.testing.assert_allclose(given["logits"][-2:], np.asarray(logits), atol=1e-5)


def ngrams_not_merely_added():
    """What the tables give goes through another layer."""
    ids = keras.Input((LENGTH,), dtype="int32")
    deep = layers.Dense(3)(layers.Flatten()(embedding()(ids)))
    wide = layers.Activation("tanh")(NgramTables(WORDS, 64, 3)(ids))
    return random_weights(keras.Model(ids, layers.Softmax()(Temperature()(layers.Add()([deep, wide])))))


def two_embeddings():
    ids = keras.Input((LENGTH,), dtype="int32")
    words = layers.Concatenate()([layers.Embedding(WORDS, 2)(ids), layers.Embedding(WORDS, 3)(ids)])
    return keras.Model(ids, layers.Dense(3, activation="softmax")(layers.LSTM(2)(words)))


def ids_beside():
    """The ids reach the logits past the embedding too."""
    ids = keras.Input((LENGTH,))
    both = [layers.Flatten()(embedding()(ids)), ids]
    return random_weights(keras.Model(ids, layers.Dense(3, activation="softmax")(layers.Concatenate()(both))))


@pytest.mark.parametrize(
    "make",
    [
        lambda: chain(embedding(mask_zero=True), layers.LSTM(5)),
        lambda: keras.Sequential([keras.Input((LENGTH,)), embedding(), layers.Flatten(), layers.Dense(3)]),
        two_embeddings,
        ids_beside,
        ngrams_not_merely_added,
    ],
    ids=["masks", "no softmax", "two embeddings", "ids beside", "n-grams not merely added"],
)
def test_a_network_of_another_form_has_none(make):
    assert attribution(make()) is None
