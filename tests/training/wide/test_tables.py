"""The tables against the sum they are rounded from, and against the layer of the graph that has them."""

from typing import Any

import numpy as np
import pytest

from model.ngrams import SLOTS
from model.wide import NgramTables
from training.wide.logistic import Priors
from training.wide.tables import _quantized, fit_tables

WORDS = ["on", "no", "one", "none", "stone", "tone"]
RANDOM = np.random.default_rng(10)
TARGETS = (np.arange(48) % 3).astype(np.int32)
IDS = np.where(RANDOM.random((48, 6)) < 0.5, RANDOM.integers(1, 7, (48, 6)), TARGETS[:, None] + 1).astype(np.int32)
IDS[::4, :3] = 0
SIZES: dict[str, Any] = {"classes": 3, "buckets": 16, "priors": Priors(0.3, 0.3, 0.04), "iterations": 60}


@pytest.fixture(scope="module")
def tables():
    return fit_tables(IDS, TARGETS, WORDS, **SIZES)


def test_shapes_and_types_are_those_of_the_layer(tables):
    layer = NgramTables(7, 16, 3)
    layer.build((None, 6))
    for name in ("unigrams", "checks", "values", "bias", "scale"):
        ours, theirs = np.asarray(getattr(tables, name)), getattr(layer, name)
        assert (ours.shape, ours.dtype.name) == (tuple(theirs.shape), theirs.dtype)


def test_logits_are_those_of_the_layer_with_the_same_tables(tables):
    layer = NgramTables(7, 16, 3)
    layer.build((None, 6))
    for name in ("unigrams", "checks", "values", "bias", "scale"):
        getattr(layer, name).assign(getattr(tables, name))
    seen_and_unseen = np.concatenate([IDS, RANDOM.integers(0, 7, (20, 6)).astype(np.int32)])
    np.testing.assert_allclose(tables.logits(seen_and_unseen), layer(seen_and_unseen), atol=1e-4)


def test_they_tell_the_classes_apart(tables):
    assert (tables.logits(IDS).argmax(axis=1) == TARGETS).mean() > 0.8


def test_the_same_rows_give_the_same_tables(tables):
    again = fit_tables(IDS, TARGETS, WORDS, **SIZES)
    for name in ("unigrams", "checks", "values", "bias", "scale"):
        assert np.array_equal(getattr(again, name), getattr(tables, name))


def test_padding_and_free_slots_add_nothing(tables):
    assert not tables.values[tables.checks == 0].any()
    np.testing.assert_array_equal(tables.logits(np.zeros((1, 6), np.int32))[0], tables.bias)


def test_rounding_is_off_by_half_a_step_at_most():
    exact = RANDOM.normal(0, 2, (4, SLOTS, 3))
    values, scale = _quantized(exact)
    assert (np.abs(values).max(), values.dtype.name, scale.dtype.name) == (127, "int8", "float32")
    assert np.abs(values * np.float64(scale) - exact).max() <= scale * 0.501


def test_nothing_to_round_stays_nothing():
    values, scale = _quantized(np.zeros((2, SLOTS, 3)))
    assert not values.any()
    assert scale > 0


@pytest.mark.parametrize("classes", [2, 5])
def test_texts_without_a_known_word_leave_the_bias_alone(classes):
    targets = (np.arange(20) % classes).astype(np.int32)
    empty = fit_tables(np.zeros((20, 6), np.int32), targets, [], **{**SIZES, "classes": classes})
    assert empty.unigrams.shape == (1, classes)
    assert not empty.unigrams.any()
    assert not empty.values.any()
    assert np.ptp(empty.bias) < 0.1
