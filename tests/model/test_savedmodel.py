"""The graph: exported, loaded back, checked against the manifest, and equal to Keras's own forward pass."""

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from model import savedmodel
from model.attribution_graph import attribution
from model.bundle import Bundle, verify
from model.errors import BundleError
from model.network import build, layer_outputs
from model.network_config import NetworkConfig
from model.savedmodel import SavedModelEngine
from model.wide import NgramTables
from tests.bundles import TOY, remanifest
from tests.model.networks import WIDE, network_of

IDS = np.random.default_rng(3).integers(0, 12, (70, TOY.sequence_length)).astype(np.int32)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return build(TOY, np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32))


@pytest.fixture(scope="module")
def engine(pristine):
    return SavedModelEngine(verify(pristine))


def with_graph(folder: Path, network) -> Bundle:
    """The bundle in `folder` with the graph of another network, hashes in order, as a buggy exporter would."""
    shutil.rmtree(folder / "variables")
    savedmodel.export(network, folder)
    return remanifest(folder)


@pytest.mark.parametrize("rows", [1, 2, 7, 70])
def test_the_bundle_answers_as_keras_does(engine, network, rows):
    expected = np.asarray(network(IDS[:rows], training=False))
    given = engine.probabilities(IDS[:rows])
    assert given.dtype == np.float32
    np.testing.assert_allclose(given, expected, atol=1e-5)


def test_the_rows_of_a_batch_do_not_touch_each_other(engine):
    alone = np.concatenate([engine.probabilities(row[None]) for row in IDS[:9]])
    np.testing.assert_allclose(engine.probabilities(IDS[:9]), alone, atol=1e-6)


def test_every_layer_can_be_looked_at(engine, network):
    expected = layer_outputs(network)(IDS[:3])
    given = engine.explain(IDS[:3])
    assert given.keys() == expected.keys()
    for name, values in given.items():
        np.testing.assert_allclose(values, np.asarray(expected[name]), atol=1e-5, err_msg=name)


def test_the_graph_has_the_signatures_that_tensorflow_serving_and_we_need(pristine):
    signatures = tf.saved_model.load(str(pristine)).signatures
    assert set(signatures) == {"serving_default", "explain", "attribute"}
    ids = signatures["serving_default"].structured_input_signature[1]["ids"]
    assert (ids.shape.as_list(), ids.dtype) == ([None, TOY.sequence_length], tf.int32)
    probabilities = signatures["serving_default"].structured_outputs["probabilities"]
    assert (probabilities.shape.as_list(), probabilities.dtype) == ([None, 3], tf.float32)


def test_the_weights_are_stored_once(pristine):
    stored = tf.train.list_variables(str(pristine / "variables" / "variables"))
    weights = [name for name, shape in stored if shape == [12, 4]]
    assert len(weights) == 1


def test_no_cudnn_operation_is_in_the_graph(pristine):
    assert b"CudnnRNN" not in (pristine / "saved_model.pb").read_bytes()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"classes": 4}, "gives 4 probabilities for the 3 labels"),
        ({"sequence_length": 9}, "reads 9 ids, but the manifest's sequence_length is 8"),
        ({"vocabulary_size": 11}, "embedding/embeddings of 11 rows, but the tokenizer gives ids below 12"),
    ],
)
def test_a_graph_of_another_training_is_refused(folder, change, said):
    sizes = {
        "vocabulary_size": 12,
        "embedding_dim": 4,
        "sequence_length": 8,
        "filters": 3,
        "width": 2,
        "pool": 2,
        "units": 5,
    }
    config = NetworkConfig(embedding_frozen=False, **(sizes | change))
    bundle = with_graph(folder, build(config))
    with pytest.raises(BundleError, match=said) as caught:
        SavedModelEngine(bundle)
    assert "train or import the bundle again" in str(caught.value)


def test_a_wide_part_with_fewer_words_than_the_tokenizer_is_refused(folder):
    ids = keras.Input((TOY.sequence_length,), dtype="int32")
    bundle = with_graph(folder, keras.Model(ids, keras.layers.Softmax()(NgramTables(11, 64, 3, name="wide")(ids))))
    with pytest.raises(BundleError, match="wide/unigrams of 11 rows, but the tokenizer gives ids below 12"):
        SavedModelEngine(bundle)


def test_weights_come_in_the_precision_that_the_network_keeps_them_in(folder):
    network = network_of(WIDE)
    weights = SavedModelEngine(with_graph(folder, network)).weights()
    assert weights.keys() == {weight.path for weight in network.weights}
    for weight in network.weights:
        assert weights[weight.path].dtype == weight.dtype
        np.testing.assert_array_equal(weights[weight.path], np.asarray(weight))


def test_a_graph_without_our_signature_is_refused(folder):
    shutil.rmtree(folder / "variables")
    tf.saved_model.save(tf.Module(), str(folder))
    bundle = remanifest(folder)
    with pytest.raises(BundleError, match="no signature 'serving_default'"):
        SavedModelEngine(bundle)


def test_a_graph_that_tensorflow_cannot_read_is_refused(folder):
    bundle = verify(folder)
    (folder / "saved_model.pb").write_bytes(b"\xff" * 100)
    with pytest.raises(BundleError, match=r"cannot load saved_model\.pb"):
        SavedModelEngine(bundle)


@pytest.mark.parametrize("steps", [1, 3, 16, 17, 40])
def test_the_bundle_attributes_as_the_graph_it_was_exported_from(engine, network, steps):
    alphas, weights = np.random.default_rng(steps).uniform(size=(2, steps)).astype(np.float32)
    given = engine.attribute(IDS[:1], 2, alphas, weights)
    attribute = attribution(network)
    assert attribute is not None
    expected = attribute(tf.constant(IDS[:1]), tf.constant(2), tf.constant(alphas), tf.constant(weights))
    assert engine.can_attribute
    assert {name: values.shape for name, values in given.items()} == {
        "embedding": (8,),
        "convolution": (7, 3),
        "logits": (steps + 2, 3),
    }
    for name, values in given.items():
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, np.asarray(expected[name]), atol=1e-5, err_msg=name)


def test_a_bundle_without_the_signatures_to_look_inside_says_so(folder, network):
    engine = SavedModelEngine(with_graph(folder, network))
    with pytest.raises(BundleError, match="no signature 'explain'"):
        engine.explain(IDS[:1])
    assert not engine.can_attribute
    with pytest.raises(BundleError, match="no signature 'attribute'"):
        engine.attribute(IDS[:1], 0, *np.ones((2, 1), np.float32))
