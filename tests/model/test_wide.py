"""The wide part of the graph against the same sum in plain Python."""

import keras
import numpy as np
import pytest

from model.ngrams import SLOTS, place
from model.wide import NgramTables, Temperature
from training.wide.slots import fill

RANDOM = np.random.default_rng(4)
IDS = RANDOM.integers(1, 9, (12, 7)).astype(np.int32)
IDS[:4, :3] = 0


@pytest.fixture(scope="module")
def tables():
    layer = NgramTables(9, 8, 3, name="wide")
    layer.build((None, 7))
    layer.unigrams.assign(RANDOM.normal(size=(9, 3)))
    layer.checks.assign(fill(IDS, 8))
    layer.values.assign(RANDOM.integers(-127, 128, (8, SLOTS, 3)).astype(np.int8))
    layer.scale.assign(0.25)
    layer.bias.assign([1.0, -2.0, 0.5])
    return layer


def summed(layer, ids):
    """The logits of one text, an n-gram after the other."""
    unigrams, checks, values = (np.asarray(each) for each in (layer.unigrams, layer.checks, layer.values))
    buckets, wanted = place(ids[None], layer.buckets)
    logits = np.asarray(layer.bias).astype(np.float64)
    for at, id_ in enumerate(ids):
        if id_ == 0:
            continue
        logits = logits + unigrams[id_]
        for bucket, check in zip(buckets[0, at], wanted[0, at], strict=True):
            for slot in range(SLOTS):
                if checks[bucket, slot] == check:
                    logits = logits + 0.25 * values[bucket, slot].astype(np.float64)
    return logits


def test_logits_are_the_sum_of_what_words_and_ngrams_add(tables):
    expected = [summed(tables, ids) for ids in IDS]
    np.testing.assert_allclose(tables(IDS), expected, atol=1e-4)


def test_a_text_of_padding_alone_has_the_bias(tables):
    assert np.asarray(tables(np.zeros((1, 7), np.int32)))[0].tolist() == [1.0, -2.0, 0.5]


def test_padding_in_front_adds_nothing(tables):
    wider = np.pad(IDS, ((0, 0), (5, 0)))
    np.testing.assert_allclose(tables(wider), tables(IDS), atol=1e-5)


def test_the_positions_sum_up_to_the_logits(tables):
    words, ngrams = (np.asarray(each) for each in tables.by_position(IDS))
    assert (words.shape, ngrams.shape) == ((12, 7, 3), (12, 7, 2, 3))
    assert not words[IDS == 0].any()
    assert not ngrams[IDS == 0].any()
    np.testing.assert_allclose(words.sum(1) + ngrams.sum((1, 2)) + np.asarray(tables.bias), tables(IDS), atol=1e-4)


def test_empty_tables_find_nothing(tables):
    empty = NgramTables(9, 8, 3)
    assert not np.asarray(empty(IDS)).any()
    empty.values.assign(np.ones((8, SLOTS, 3), np.int8))
    empty.scale.assign(1.0)
    assert not np.asarray(empty(IDS)).any()


def test_a_network_with_both_layers_is_the_same_built_again_from_its_config(tables):
    ids = keras.Input((7,), dtype="int32")
    wide = NgramTables.from_config(tables.get_config())
    network = keras.Model(ids, Temperature(name="temperature")(wide(ids)))
    wide.set_weights(tables.get_weights())
    network.get_layer("temperature").temperature.assign(2.0)
    again = keras.Model.from_config(network.get_config())
    again.set_weights(network.get_weights())
    assert np.array_equal(again(IDS), network(IDS))
    np.testing.assert_allclose(again(IDS), np.asarray(tables(IDS)) / 2, atol=1e-5)


def test_tables_of_whole_numbers_are_not_for_adam(tables):
    assert [w.name for w in tables.trainable_weights] == ["unigrams", "scale", "bias"]
    assert [w.dtype for w in tables.weights if w.name in ("checks", "values")] == ["uint16", "int8"]


def test_a_temperature_begins_as_one_and_keeps_the_shape():
    layer = Temperature()
    logits = np.array([[1.0, -3.0]], np.float32)
    assert np.array_equal(layer(logits), logits)
    assert layer.compute_output_shape((None, 2)) == (None, 2)
