"""The network's shapes and counts, and its arithmetic against the same written out in NumPy."""

import keras
import numpy as np
import pytest

from model.errors import ConfigError
from model.network import build, count_parameters, describe_layers, layer_outputs
from model.network_config import NetworkConfig
from tests.bundles import TOY


@pytest.fixture(scope="module")
def reference():
    return build(NetworkConfig(), np.zeros((20_000, 100), dtype=np.float32))


def test_the_layers_of_the_reference_have_these_shapes_and_counts(reference):
    table = [(each["name"], each["kind"], each["shape"], each["parameters"]) for each in describe_layers(reference)]
    assert table == [
        ("ids", "InputLayer", [50], 0),
        ("embedding", "Embedding", [50, 100], 2_000_000),
        ("embedding_dropout", "Dropout", [50, 100], 0),
        ("convolution", "Conv1D", [46, 64], 32_064),
        ("pooling", "MaxPooling1D", [11, 64], 0),
        ("lstm", "LSTM", [100], 66_000),
        ("probabilities", "Dense", [3], 303),
    ]


def test_the_reference_learns_98_367_of_2_098_367_parameters(reference):
    assert count_parameters(reference) == {"total": 2_098_367, "trainable": 98_367, "frozen": 2_000_000}


def test_the_reference_drops_half_of_the_embedding(reference):
    assert reference.get_layer("embedding_dropout").rate == 0.5


def test_sizes_and_classes_follow_the_config():
    config = NetworkConfig(classes=7, vocabulary_size=9, embedding_dim=2, sequence_length=6, filters=3, width=2, pool=2)
    network = build(config, np.ones((9, 2), dtype=np.float32))
    shapes = {each["name"]: each["shape"] for each in describe_layers(network)}
    assert shapes["convolution"] == [config.windows, 3] == [5, 3]
    assert shapes["pooling"] == [config.steps, 3] == [2, 3]
    assert shapes["probabilities"] == [7]


def test_the_embedding_holds_the_vectors_and_is_frozen():
    vectors = np.arange(48, dtype=np.float32).reshape(12, 4)
    embedding = build(TOY, vectors).get_layer("embedding")
    assert np.array_equal(embedding.get_weights()[0], vectors)
    assert not embedding.trainable_weights


def test_without_vectors_the_embedding_is_learnt():
    config = NetworkConfig(vocabulary_size=12, embedding_dim=4, embedding_frozen=False)
    assert build(config).get_layer("embedding").trainable_weights
    with pytest.raises(ConfigError, match="has to be learnt"):
        build(TOY)


def test_vectors_of_another_shape_are_refused():
    with pytest.raises(ConfigError, match=r"\(12, 5\).*\(12, 4\)"):
        build(TOY, np.zeros((12, 5), dtype=np.float32))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"classes": 1}, "at least 2"),
        ({"filters": 0}, "filters is 0"),
        ({"units": 1.5}, "units is 1.5"),
        ({"pool": True}, "pool is True"),
        ({"embedding_dropout": 1.0}, "embedding_dropout is 1.0"),
        ({"sequence_length": 7, "width": 5, "pool": 4}, "at least 8 positions"),
    ],
)
def test_a_config_that_no_network_can_have_is_refused(change, said):
    with pytest.raises(ConfigError, match=said):
        NetworkConfig(**change)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_states(x, kernel, recurrent, bias):
    """(batch, steps, units) from (batch, steps, inputs); gates in Keras's order: input, forget, cell, output."""
    units = recurrent.shape[0]
    h = c = np.zeros((len(x), units))
    states = []
    for step in range(x.shape[1]):
        i, f, g, o = np.split(x[:, step] @ kernel + h @ recurrent + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.stack(states, axis=1)


def test_every_layer_equals_the_same_arithmetic_in_numpy():
    keras.utils.set_random_seed(1)
    vectors = np.random.default_rng(1).normal(size=(12, 4)).astype(np.float32)
    network = build(TOY, vectors)
    ids = np.random.default_rng(2).integers(0, 12, (5, TOY.sequence_length)).astype(np.int32)
    given = {name: np.asarray(tensor) for name, tensor in layer_outputs(network)(ids).items()}

    embedding = vectors[ids]  # (5, 8, 4)
    kernel, bias = network.get_layer("convolution").get_weights()
    windows = np.stack([embedding[:, k : k + TOY.windows] for k in range(TOY.width)], axis=2)  # (5, 7, 2, 4)
    convolution = np.maximum(np.einsum("btkd,kdf->btf", windows, kernel) + bias, 0)  # (5, 7, 3)
    kept = convolution[:, : TOY.steps * TOY.pool]
    pools = kept.reshape(5, TOY.steps, TOY.pool, TOY.filters)  # (5, 3, 2, 3)
    pooling = pools.max(axis=2)  # (5, 3, 3)
    positions = pools.argmax(axis=2) + TOY.pool * np.arange(TOY.steps)[:, None]  # (5, 3, 3)
    states = lstm_states(pooling, *network.get_layer("lstm").get_weights())  # (5, 3, 5)
    kernel, bias = network.get_layer("probabilities").get_weights()
    logits = states[:, -1] @ kernel + bias  # (5, 3)
    exponentials = np.exp(logits)
    expected = {
        "embedding": embedding,
        "embedding_dropout": embedding,
        "convolution": convolution,
        "pooling": pooling,
        "pooling_positions": positions,
        "lstm_states": states,
        "lstm": states[:, -1],
        "logits": logits,
        "probabilities": exponentials / exponentials.sum(axis=1, keepdims=True),
    }
    assert given.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(given[name], values, atol=1e-6, err_msg=name)


def pooled(*, padding="valid", **options):
    """Every layer's output for a network that pools what it looks up, over six ids."""
    ids = keras.Input((6,), dtype="int32")
    words = keras.layers.Embedding(6, 1, weights=[np.array([[0], [3], [3], [1], [2], [5]], np.float32)])(ids)
    kept = keras.layers.MaxPooling1D(**options, padding=padding, name="pooling")(words)
    network = keras.Model(ids, keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(kept)))
    return {
        name: np.asarray(each)
        for name, each in layer_outputs(network)(np.array([[1, 2, 0, 3, 4, 5]], np.int32)).items()
    }


@pytest.mark.parametrize(
    ("options", "places", "values"),
    [
        ({"pool_size": 2}, [0, 3, 5], [3, 1, 5]),
        ({"pool_size": 4}, [0], [3]),
        ({"pool_size": 3, "strides": 1}, [0, 1, 4, 5], [3, 3, 2, 5]),
        ({"pool_size": 2, "strides": 4}, [0, 5], [3, 5]),
    ],
)
def test_each_kept_value_has_its_place_and_the_first_one_on_a_tie(options, places, values):
    given = pooled(**options)
    assert given["pooling"][0, :, 0].tolist() == values
    assert given["pooling_positions"].dtype == np.int32
    assert given["pooling_positions"][0, :, 0].tolist() == places


def test_a_pooling_that_pads_has_no_places():
    assert "pooling_positions" not in pooled(pool_size=4, padding="same")
