"""The choice of the engine: folded where that gives the SavedModel's probabilities, else the SavedModel itself."""

import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from model import engine as engine_module
from model import folded_graph, folding, savedmodel
from model.bundle import Bundle, verify
from model.engine import load_engine
from model.folded_engine import BATCH_SIZES, FoldedEngine
from model.network import count_parameters, describe_layers
from model.ngrams import place
from model.savedmodel import SavedModelEngine
from model.wide import NgramTables, Temperature
from tests.bundles import TOY, remanifest
from tests.model.networks import WIDE, network_of, random_ids, random_weights

SHIPPED = Path(__file__).parents[2] / "assets" / "bundles" / "spooky-authors" / "1"
TOLERANCE = 1e-5
IDS = random_ids(TOY, 150)


def bundle_of(folder: Path, network) -> Bundle:
    """The bundle in `folder` with another network, as an import makes it."""
    shutil.rmtree(folder / "variables")
    savedmodel.export(network, folder)
    return remanifest(
        folder,
        layers=describe_layers(network),
        parameters=count_parameters(network),
        labels=[f"c{number}" for number in range(network.output_shape[-1])],
    )


def chain(convolution=None, pooling=None, lstm=None, output=None, **embedding):
    """A `keras.Sequential` of the folded form but for what is given, with random weights."""
    return random_weights(
        keras.Sequential(
            [
                keras.Input((TOY.sequence_length,), dtype="int32"),
                layers.Embedding(TOY.vocabulary_size, 4, **embedding),
                convolution or layers.Conv1D(3, 2, activation="relu"),
                pooling or layers.MaxPooling1D(2),
                lstm or layers.LSTM(5),
                output or layers.Dense(3, activation="softmax"),
            ]
        )
    )


def check_equal(engine, saved, rows=(1, 2, 5, 16, 64, 65, 150)):
    expected = saved.probabilities(IDS)
    for count in rows:
        np.testing.assert_allclose(engine.probabilities(IDS[:count]), expected[:count], rtol=0, atol=TOLERANCE)


def test_our_network_is_folded(pristine):
    bundle = verify(pristine)
    engine = load_engine(bundle)
    assert isinstance(engine, FoldedEngine)
    check_equal(engine, SavedModelEngine(bundle))
    engine.compile()
    check_equal(engine, SavedModelEngine(bundle))


def test_the_network_of_the_tutorial_is_folded(folder):
    bundle = bundle_of(folder, chain())
    engine = load_engine(bundle)
    assert isinstance(engine, FoldedEngine)
    check_equal(engine, SavedModelEngine(bundle))


def test_a_network_made_of_calls_is_folded(folder):
    ids = keras.Input((TOY.sequence_length,))
    x = layers.Conv1D(3, 3, activation="relu")(layers.Dropout(0.5)(layers.Embedding(12, 4)(ids)))
    x = layers.LSTM(4, use_cudnn=False)(layers.MaxPooling1D(3)(x))
    bundle = bundle_of(folder, random_weights(keras.Model(ids, layers.Dense(2, activation="softmax")(x))))
    engine = load_engine(bundle)
    assert isinstance(engine, FoldedEngine)
    check_equal(engine, SavedModelEngine(bundle))


@pytest.fixture(scope="module")
def wide(tmp_path_factory, pristine):
    """A bundle of a network with a wide part."""
    return bundle_of(Path(shutil.copytree(pristine, tmp_path_factory.mktemp("wide") / "1")), network_of(WIDE))


def test_a_network_with_a_wide_part_is_folded(wide):
    engine = load_engine(wide)
    assert isinstance(engine, FoldedEngine)
    check_equal(engine, SavedModelEngine(wide))
    engine.compile()
    check_equal(engine, SavedModelEngine(wide))


def test_n_grams_that_are_looked_up_elsewhere_are_found_though_the_table_has_few(folder, monkeypatch):
    network = network_of(WIDE)
    tables = network.get_layer("wide")
    values = np.zeros(tables.values.shape, np.int8)
    bucket, check = (each[0, -1, 0] for each in place(np.array([[3, 5]]), WIDE.ngram_buckets))  # of "3 5"
    values[bucket, 4] = [1, 0, 0]
    checks = np.zeros(tables.checks.shape, np.uint16)
    checks[bucket, 4] = check
    tables.checks.assign(checks)
    tables.values.assign(values)
    bundle = bundle_of(folder, network)
    assert isinstance(load_engine(bundle), FoldedEngine)
    monkeypatch.setattr("model.folded_graph.ngrams.place", lambda ids, buckets: place(ids + 1, buckets))
    folded_graph.graphs.cache_clear()
    assert isinstance(load_engine(bundle), SavedModelEngine)
    folded_graph.graphs.cache_clear()


def with_wide_part(join=None, last=None):
    """WIDE put together otherwise, with random weights."""
    ids = keras.Input((TOY.sequence_length,), dtype="int32")
    x = layers.Conv1D(3, 2, activation="relu")(layers.Embedding(12, 4)(ids))
    deep = layers.Dense(3)(layers.LSTM(5, use_cudnn=False)(layers.MaxPooling1D(2)(x)))
    both = (join or (lambda deep, wide: layers.Add()([deep, wide])))(deep, NgramTables(12, 64, 3)(ids))
    return random_weights(keras.Model(ids, (last or layers.Softmax())(Temperature()(both))))


OTHER_WIDE_FORMS = {
    "one part added twice": lambda: with_wide_part(lambda deep, wide: layers.Add()([deep, wide, wide])),
    "a maximum": lambda: with_wide_part(lambda deep, wide: layers.Maximum()([deep, wide])),
    "a softmax over the batch": lambda: with_wide_part(last=layers.Softmax(axis=0)),
    "one probability a label": lambda: with_wide_part(last=layers.Activation("sigmoid")),
}

OTHER_FORMS = {
    "tanh": lambda: chain(layers.Conv1D(3, 2, activation="tanh")),
    "no activation": lambda: chain(layers.Conv1D(3, 2)),
    "padded": lambda: chain(layers.Conv1D(3, 2, padding="same", activation="relu")),
    "padded, without pools": lambda: chain(
        layers.Conv1D(3, 2, padding="same", activation="relu"), layers.MaxPooling1D(1)
    ),
    "causal": lambda: chain(layers.Conv1D(3, 2, padding="causal", activation="relu")),
    "strides": lambda: chain(layers.Conv1D(3, 2, strides=2, activation="relu")),
    "dilated": lambda: chain(layers.Conv1D(3, 2, dilation_rate=2, activation="relu")),
    "in groups": lambda: chain(layers.Conv1D(4, 2, groups=2, activation="relu")),
    "overlapping pools": lambda: chain(pooling=layers.MaxPooling1D(3, strides=2)),
    "padded pools": lambda: chain(pooling=layers.MaxPooling1D(2, padding="same")),
    "backwards": lambda: chain(lstm=layers.LSTM(5, go_backwards=True)),
    "another gate": lambda: chain(lstm=layers.LSTM(5, recurrent_activation="hard_sigmoid")),
    "another state": lambda: chain(lstm=layers.LSTM(5, activation="relu")),
    "one probability a label": lambda: chain(output=layers.Dense(3, activation="sigmoid")),
    "without a bias": lambda: chain(output=layers.Dense(3, activation="softmax", use_bias=False)),
    "a GRU": lambda: chain(lstm=layers.GRU(5, use_cudnn=False)),
    "bidirectional": lambda: chain(lstm=layers.Bidirectional(layers.LSTM(3))),
    **OTHER_WIDE_FORMS,
}


@pytest.mark.parametrize("make", OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_a_network_of_another_form_runs_as_the_savedmodel_does(folder, make, caplog):
    caplog.set_level("INFO", logger="model.engine")
    network = make()
    engine = load_engine(bundle_of(folder, network))
    assert isinstance(engine, SavedModelEngine)
    engine.compile()
    np.testing.assert_allclose(engine.probabilities(IDS), network(IDS, training=False), rtol=0, atol=TOLERANCE)
    assert "runs as the SavedModel does" in caplog.text


def test_a_mask_that_the_convolution_drops_does_not_matter(folder):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Layer '.*' .* does not support masking")
        network = chain(mask_zero=True)
        bundle = bundle_of(folder, network)
        expected = network(IDS, training=False)
    engine = load_engine(bundle)
    assert isinstance(engine, FoldedEngine)
    np.testing.assert_allclose(engine.probabilities(IDS), expected, rtol=0, atol=TOLERANCE)


def test_a_difference_that_only_the_strongest_windows_show_is_found(folder):
    """ReLU up to 6 is ReLU, until two words meet that hardly ever do."""
    network = chain(layers.Conv1D(3, 2, activation="relu6"))
    embedding, convolution, *_ = network.layers
    vectors = np.zeros((TOY.vocabulary_size, 4), np.float32)
    vectors[7, 0] = vectors[8, 1] = 4
    embedding.set_weights([vectors])
    kernel = np.zeros((2, 4, 3), np.float32)
    kernel[0, 0] = kernel[1, 1] = 1
    convolution.set_weights([kernel, np.zeros(3, np.float32)])
    bundle = bundle_of(folder, network)
    engine = load_engine(bundle)
    meeting = np.array([[7, 8] * 4], np.int32)
    assert (network(meeting) - network(np.array([[7, 7] * 4]))).numpy().any()
    np.testing.assert_allclose(engine.probabilities(meeting), network(meeting), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("factor", [1.001, np.nan], ids=["other figures", "no figures"])
def test_a_fold_that_answers_otherwise_is_not_taken(pristine, monkeypatch, caplog, factor):
    caplog.set_level("INFO", logger="model.engine")

    def wrong(*arguments):
        folded = folding.fold(*arguments)
        assert folded is not None
        return replace(folded, output_kernel=folded.output_kernel * np.float32(factor))

    monkeypatch.setattr(engine_module, "fold", wrong)
    assert isinstance(load_engine(verify(pristine)), SavedModelEngine)
    assert "differs from the network by" in caplog.text


def test_a_table_too_large_is_not_made(pristine, monkeypatch):
    monkeypatch.setattr(folding, "LARGEST_TABLE_BYTES", 100)
    bundle = verify(pristine)
    engine = load_engine(bundle)
    assert isinstance(engine, SavedModelEngine)
    check_equal(engine, SavedModelEngine(bundle))


def test_a_savedmodel_that_is_loaded_already_is_not_loaded_again(pristine, monkeypatch):
    bundle = verify(pristine)
    saved = SavedModelEngine(bundle)
    monkeypatch.setattr(engine_module, "SavedModelEngine", lambda *_: pytest.fail("loaded again"))
    check_equal(load_engine(bundle, saved=saved), saved)


def test_a_graph_that_another_tool_exported_runs_as_it_is(pristine, monkeypatch):
    monkeypatch.setattr(SavedModelEngine, "weights", lambda self: {})
    assert isinstance(load_engine(verify(pristine)), SavedModelEngine)


@pytest.fixture(scope="module")
def shipped():
    """The bundle that ships: its engine before and after it was compiled, and the SavedModel's answers for ids."""
    bundle = verify(SHIPPED)
    engine = load_engine(bundle)
    assert isinstance(engine, FoldedEngine)
    manifest = bundle.manifest
    random = np.random.default_rng(7)
    ids = random.integers(1, manifest.vocabulary_size, (300, manifest.sequence_length)).astype(np.int32)
    padding = random.integers(0, manifest.sequence_length, (300, 1))
    ids[np.arange(manifest.sequence_length) < padding] = 0
    before = engine.probabilities(ids)
    engine.compile()
    return engine, ids, before, SavedModelEngine(bundle).probabilities(ids)


def test_the_bundle_that_ships_is_answered_as_by_its_savedmodel_before_it_is_compiled(shipped):
    _, _, before, expected = shipped
    assert np.ptp(expected, axis=0).min() > 0.5  # the rows differ
    np.testing.assert_allclose(before, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("rows", [*BATCH_SIZES, 2, 5, 63, 65, 128, 300])
def test_the_bundle_that_ships_is_answered_as_by_its_savedmodel_for_every_batch_size(shipped, rows):
    engine, ids, _, expected = shipped
    given = np.concatenate([engine.probabilities(ids[start : start + rows]) for start in range(0, 300, rows)])
    np.testing.assert_allclose(given, expected, rtol=0, atol=TOLERANCE)
