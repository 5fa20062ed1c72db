"""The inner folds: the rows of the outer fold are in none of them, whatever is in those rows."""

from dataclasses import replace

import numpy as np
import pytest

from model.errors import ConfigError
from tests.training.small import SMALL, write_messages
from training.data.dataset import load_dataset
from training.folds import outer_fold
from training.tuning import inner as module
from training.tuning.inner import inner_folds


@pytest.fixture
def dataset(tmp_path):
    return load_dataset(write_messages(tmp_path / "messages.csv"))


def test_the_outer_fold_is_left_out(dataset):
    outer = outer_fold(dataset.texts, dataset.targets)
    inner = inner_folds(dataset, SMALL.training, 3)
    assert len(inner.dataset) == len(dataset) - len(outer) == 81
    assert inner.held_back == len(outer) == 9
    assert set(inner.dataset.texts).isdisjoint(dataset.texts[row] for row in outer)
    assert inner.dataset.fingerprint != dataset.fingerprint


def test_each_other_row_is_measured_once_and_never_learnt_from_then(dataset):
    inner = inner_folds(dataset, SMALL.training, 3)
    everything = np.arange(len(inner.dataset))
    assert np.array_equal(np.sort(np.concatenate([split.test for split in inner.splits])), everything)
    for split in inner.splits:
        parts = np.concatenate([split.train, split.validation, split.test])
        assert np.array_equal(np.sort(parts), everything)


def test_garbage_in_the_outer_fold_changes_nothing(dataset, monkeypatch):
    """Which rows are outer follows from their texts, so they are held fast here."""
    outer = outer_fold(dataset.texts, dataset.targets)
    monkeypatch.setattr(module, "outer_fold", lambda *_: outer)
    texts = [f"rubbish {row} ☃" if row in outer else text for row, text in enumerate(dataset.texts)]
    targets = dataset.targets.copy()
    targets[outer] = 0
    one, other = (
        inner_folds(each, SMALL.training, 3)
        for each in (dataset, replace(dataset, texts=tuple(texts), targets=targets))
    )
    assert one.dataset.texts == other.dataset.texts
    assert one.dataset.fingerprint == other.dataset.fingerprint
    assert np.array_equal(one.dataset.targets, other.dataset.targets)
    for ours, theirs in zip(one.splits, other.splits, strict=True):
        assert np.array_equal(ours.train, theirs.train)
        assert np.array_equal(ours.test, theirs.test)


def test_one_fold_is_none(dataset):
    with pytest.raises(ConfigError, match="at least"):
        inner_folds(dataset, SMALL.training, 1)
