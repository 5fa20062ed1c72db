"""Naive Bayes of many texts: a part at a time, and its weights from texts of the whole file."""

import numpy as np
import pytest
from scipy import sparse

from training.wide import naive_bayes
from training.wide.naive_bayes import fit_naive_bayes


@pytest.fixture
def texts():
    """Counts (rows, n-grams) and targets of 90 texts, sorted by class."""
    random = np.random.default_rng(0)
    targets = np.repeat(np.arange(3), 30)
    own = random.random((90, 12)) < np.where(np.arange(12) % 3 == targets[:, None], 0.5, 0.1)
    return sparse.csr_matrix(own.astype(np.float32)), targets


def test_a_part_at_a_time_gives_the_same(texts, monkeypatch):
    found, targets = texts
    whole = fit_naive_bayes((found,), targets, 3)
    monkeypatch.setattr(naive_bayes, "_ROWS_AT_ONCE", 7)
    parts = fit_naive_bayes((found,), targets, 3)
    assert np.array_equal(whole.left_out, parts.left_out)
    assert np.array_equal(whole.tables[0], parts.tables[0])


def test_of_many_texts_those_that_weigh_are_from_the_whole_file(texts, monkeypatch):
    found, targets = texts
    whole = fit_naive_bayes((found,), targets, 3)
    monkeypatch.setattr(naive_bayes, "_ROWS", 30)  # in a row they would be of one class
    some = fit_naive_bayes((found,), targets, 3)
    assert np.ptp(some.bias) < 1
    assert (some.left_out.argmax(axis=1) == targets).mean() > 0.6
    assert not np.array_equal(some.left_out, whole.left_out)
