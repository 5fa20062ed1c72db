"""The fold in NumPy: the table against the convolution it stands for, and what is not folded."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from model import folding
from model.folding import MOST_STEPS, fold
from model.network import build, layer_outputs
from model.network_config import NetworkConfig
from tests.bundles import TOY
from tests.model.networks import WIDE, manifest_of, network_of, weights_of

IDS = np.random.default_rng(1).integers(0, TOY.vocabulary_size, (20, TOY.sequence_length)).astype(np.int32)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    made = build(TOY, np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32))
    made.get_layer("convolution").bias.assign([0.1, -0.2, 0.3])
    return made


@pytest.fixture(scope="module")
def folded(network):
    return fold(manifest_of(network), weights_of(network))


def test_a_row_of_the_table_is_what_its_word_adds_to_a_window_at_each_place(folded, network):
    vectors, kernel = weights_of(network)["embedding/embeddings"], weights_of(network)["convolution/kernel"]
    assert folded.table.shape == (12, 2 * 3)
    assert folded.table.dtype == np.float32
    for word in range(12):
        for place in range(2):
            expected = vectors[word] @ kernel[place]  # (filters,)
            np.testing.assert_allclose(folded.table[word, place * 3 : place * 3 + 3], expected, atol=1e-6)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_table_has_the_same_bits_on_any_number_of_cores(threads):
    """A size of which BLAS rounds the last bits in another way on one thread than on two."""
    program = """
import hashlib
import numpy as np
from model.folding import _table
random = np.random.default_rng(0)
vectors, kernel = random.standard_normal((7001, 100)), random.standard_normal((3, 100, 128))
print(hashlib.sha256(_table(vectors.astype(np.float32), kernel.astype(np.float32)).tobytes()).hexdigest())
"""
    found = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "OMP_NUM_THREADS": threads}, capture_output=True, check=True
    )
    random = np.random.default_rng(0)
    vectors, kernel = random.standard_normal((7001, 100)), random.standard_normal((3, 100, 128))
    here = folding._table(vectors.astype(np.float32), kernel.astype(np.float32))
    assert found.stdout.decode().strip() == hashlib.sha256(here.tobytes()).hexdigest()


def test_look_ups_and_adds_are_the_convolution(folded, network):
    expected = np.asarray(layer_outputs(network)(IDS)["convolution"])  # (20, 7, 3)
    places = folded.table.reshape(12, 2, 3)  # (vocabulary, width, filters)
    sums = places[IDS[:, :-1], 0] + places[IDS[:, 1:], 1]  # (20, 7, 3)
    np.testing.assert_allclose(np.maximum(sums + folded.convolution_bias, 0), expected, atol=1e-6)


def test_the_sizes_are_those_of_the_network(folded):
    assert (folded.width, folded.pool, folded.steps, folded.filters, folded.units) == (2, 2, 3, 3, 5)


@pytest.mark.parametrize(
    ("facts", "pool"), [({}, 4), ({"pool": 3}, 3), ({"pool": 4}, 4), ({"pool": 2}, 4), ({"pool": 0}, 4)]
)
def test_of_pools_that_give_as_many_steps_the_manifests_own_is_taken(facts, pool):
    made = build(replace(TOY, sequence_length=9, pool=3, embedding_frozen=False))  # 8 windows, 2 steps
    found = fold(manifest_of(made, hyper_parameters=facts), weights_of(made))
    assert found is not None
    assert (found.steps, found.pool) == (2, pool)


def test_the_reference_network_pools_44_of_its_46_windows():
    config = NetworkConfig(vocabulary_size=10, embedding_dim=2)
    made = build(config, np.zeros((10, 2), np.float32))
    found = fold(manifest_of(made), weights_of(made))
    assert found is not None
    assert (found.width, found.pool, found.steps) == (5, 4, 11)
    assert found.table.shape == (10, 5 * 64)


def test_the_sigmoid_gates_are_halved_exactly_and_the_candidate_is_not(folded, network):
    weights = weights_of(network)
    halved = {"kernel": folded.kernel, "recurrent_kernel": folded.recurrent_kernel, "bias": folded.gate_bias}
    for name, given in halved.items():
        original = weights[f"lstm/lstm_cell/{name}"]
        for gate, factor in enumerate((2, 2, 1, 2)):  # i, f, c, o
            part = slice(gate * 5, gate * 5 + 5)
            np.testing.assert_array_equal(given[..., part] * factor, original[..., part])


def test_the_weights_that_were_given_are_not_changed(network):
    weights = weights_of(network)
    before = {path: weight.copy() for path, weight in weights.items()}
    fold(manifest_of(network), weights)
    for path, weight in weights.items():
        np.testing.assert_array_equal(weight, before[path])


def test_rows_of_the_embedding_that_no_id_reaches_are_left_out(network):
    found = fold(manifest_of(network, vocabulary_size=9), weights_of(network))
    assert found is not None
    assert len(found.table) == 9


def chain(*parts):
    return keras.Sequential([keras.Input((8,), dtype="int32"), layers.Embedding(12, 4), *parts])


def softmax(**options):
    return layers.Dense(3, activation="softmax", **options)


NOT_FOLDED = {
    "no convolution": lambda: chain(layers.LSTM(5), softmax()),
    "no pooling": lambda: chain(layers.Conv1D(3, 2), layers.LSTM(5), softmax()),
    "average pooling": lambda: chain(layers.Conv1D(3, 2), layers.AveragePooling1D(2), layers.LSTM(5), softmax()),
    "a GRU": lambda: chain(layers.Conv1D(3, 2), layers.MaxPooling1D(2), layers.GRU(5), softmax()),
    "bidirectional": lambda: chain(
        layers.Conv1D(3, 2), layers.MaxPooling1D(2), layers.Bidirectional(layers.LSTM(5)), softmax()
    ),
    "two convolutions": lambda: chain(
        layers.Conv1D(3, 2), layers.Conv1D(3, 2), layers.MaxPooling1D(2), layers.LSTM(5), softmax()
    ),
    "a normalization": lambda: chain(
        layers.Conv1D(3, 2), layers.BatchNormalization(), layers.MaxPooling1D(2), layers.LSTM(5), softmax()
    ),
    "two dense layers": lambda: chain(
        layers.Conv1D(3, 2), layers.MaxPooling1D(2), layers.LSTM(5), layers.Dense(4), softmax()
    ),
    "a convolution without bias": lambda: chain(
        layers.Conv1D(3, 2, use_bias=False), layers.MaxPooling1D(2), layers.LSTM(5), softmax()
    ),
    "an LSTM without bias": lambda: chain(
        layers.Conv1D(3, 2), layers.MaxPooling1D(2), layers.LSTM(5, use_bias=False), softmax()
    ),
    "an output without bias": lambda: chain(
        layers.Conv1D(3, 2), layers.MaxPooling1D(2), layers.LSTM(5), softmax(use_bias=False)
    ),
    "a convolution in groups": lambda: chain(
        layers.Conv1D(4, 2, groups=2), layers.MaxPooling1D(2), layers.LSTM(5), softmax()
    ),
    "more steps than windows of words": lambda: chain(
        layers.Conv1D(3, 2, padding="same"), layers.MaxPooling1D(1), layers.LSTM(5), softmax()
    ),
    "weights of double precision": lambda: chain(
        layers.Conv1D(3, 2, dtype="float64"), layers.MaxPooling1D(2), layers.LSTM(5), softmax()
    ),
}


def wide(**changes):
    """The weights of the network with a wide part, some of them of another kind."""
    network = network_of(WIDE)
    return network, {
        path: weight.astype(changes.get(path, weight.dtype)) for path, weight in weights_of(network).items()
    }


def test_the_tables_of_the_wide_part_stay_as_they_are_and_the_biases_become_one():
    network, weights = wide()
    found = fold(manifest_of(network, vocabulary_size=9), weights)
    assert found is not None
    assert found.wide is not None
    np.testing.assert_array_equal(found.wide.unigrams, weights["wide/unigrams"][:9])
    np.testing.assert_array_equal(found.wide.checks, weights["wide/checks"])
    assert (found.wide.unigrams.dtype.name, found.wide.checks.dtype.name) == ("float16", "uint16")
    assert found.wide.scale == weights["wide/scale"]
    assert found.wide.temperature == weights["temperature/temperature"]
    np.testing.assert_array_equal(found.output_bias, weights["deep/bias"] + weights["wide/bias"])


def test_values_of_n_grams_lie_flat_behind_a_row_for_those_that_the_table_has_not():
    network, weights = wide()
    found = fold(manifest_of(network), weights)
    assert found is not None
    assert found.wide is not None
    assert found.wide.values.dtype == np.int8
    assert not found.wide.values[0].any()
    np.testing.assert_array_equal(found.wide.values[1:].reshape(weights["wide/values"].shape), weights["wide/values"])


def test_a_bucket_that_has_a_check_twice_is_not_folded():
    network, weights = wide()
    weights["wide/checks"][3, :2] = 7
    assert fold(manifest_of(network), weights) is None


def test_word_vectors_in_half_precision_are_folded_in_single_precision():
    network, weights = wide()
    found = fold(manifest_of(network), weights)
    assert found is not None
    vectors = weights["embedding/embeddings"]
    assert vectors.dtype == np.float16
    assert found.table.dtype == np.float32
    kernel = weights["convolution/kernel"]  # (width, dim, filters)
    np.testing.assert_allclose(found.table[:, : WIDE.filters], vectors.astype(np.float32) @ kernel[0], atol=1e-6)


def test_a_network_without_a_wide_part_is_folded_without_one(folded):
    assert folded.wide is None


@pytest.mark.parametrize(
    ("path", "dtype"), [("wide/values", "float32"), ("embedding/embeddings", "float64"), ("wide/bias", "float16")]
)
def test_a_wide_part_of_another_precision_is_not_folded(path, dtype):
    network, weights = wide(**{path: dtype})
    assert fold(manifest_of(network), weights) is None


@pytest.mark.parametrize("missing", ["wide/bias", "temperature/temperature", "wide/unigrams"])
def test_a_wide_part_without_all_of_its_weights_is_not_folded(missing):
    network, weights = wide()
    assert fold(manifest_of(network), {path: each for path, each in weights.items() if path != missing}) is None


@pytest.mark.parametrize("make", NOT_FOLDED.values(), ids=NOT_FOLDED)
def test_a_network_of_another_form_is_not_folded(make):
    made = make()
    assert fold(manifest_of(made), weights_of(made)) is None


def test_dropout_and_the_names_of_layers_do_not_matter():
    made = chain(
        layers.SpatialDropout1D(0.2),
        layers.Conv1D(3, 2, activation="relu", name="one"),
        layers.Dropout(0.1),
        layers.MaxPooling1D(2, name="two"),
        layers.LSTM(5, name="three"),
        layers.Dropout(0.3),
        softmax(name="four"),
    )
    assert fold(manifest_of(made), weights_of(made)) is not None


def test_a_layer_whose_name_begins_another_ones_is_not_taken_for_it():
    made = chain(
        layers.Conv1D(3, 2, name="layer"), layers.MaxPooling1D(2), layers.LSTM(5), softmax(name="layer_of_output")
    )
    found = fold(manifest_of(made), weights_of(made))
    assert found is not None
    np.testing.assert_array_equal(found.output_kernel, made.layers[-1].kernel)


def test_without_named_weights_there_is_no_fold(network):
    assert fold(manifest_of(network), {}) is None


def test_a_table_beyond_the_limit_is_not_made(network, monkeypatch):
    table_bytes = 12 * 2 * 3 * 4
    monkeypatch.setattr(folding, "LARGEST_TABLE_BYTES", table_bytes)
    assert fold(manifest_of(network), weights_of(network)) is not None
    monkeypatch.setattr(folding, "LARGEST_TABLE_BYTES", table_bytes - 1)
    assert fold(manifest_of(network), weights_of(network)) is None


@pytest.mark.parametrize(("steps", "folds"), [(MOST_STEPS, True), (MOST_STEPS + 1, False)])
def test_a_loop_too_long_to_be_written_out_is_not_folded(steps, folds):
    config = NetworkConfig(
        vocabulary_size=3, embedding_dim=1, sequence_length=steps, filters=1, width=1, pool=1, units=1
    )
    made = build(config, np.ones((3, 1), np.float32))
    assert (fold(manifest_of(made), weights_of(made)) is not None) == folds
