import numpy as np
import pytest
from sklearn.metrics import log_loss

from training.by_length import LEAST_ROWS, MOST_BINS, measure_by_length


def drawn(lengths, seed=0):
    """Targets and the probabilities of two classifiers for texts of these lengths."""
    random = np.random.default_rng(seed)
    rows = len(lengths)
    targets = random.integers(0, 3, rows).astype(np.int32)
    return targets, random.dirichlet(np.ones(3), rows), random.dirichlet(np.ones(3), rows)


def test_bins_hold_about_as_many_rows_and_each_row_once():
    lengths = np.random.default_rng(1).permutation(600)
    found = measure_by_length(lengths, *drawn(lengths))
    assert len(found) == MOST_BINS
    assert {each.rows for each in found} == {100}
    assert [(each.shortest, each.longest) for each in found] == [(100 * n, 100 * n + 99) for n in range(6)]


def test_each_bin_has_the_figures_of_its_rows():
    lengths = np.arange(2 * LEAST_ROWS)
    targets, ours, theirs = drawn(lengths)
    _, second = measure_by_length(lengths, targets, ours, theirs)
    rows = slice(LEAST_ROWS, None)
    assert second.log_loss == pytest.approx(log_loss(targets[rows], ours[rows], labels=range(3)))
    assert second.baseline_log_loss == pytest.approx(log_loss(targets[rows], theirs[rows], labels=range(3)))
    assert second.accuracy == (ours[rows].argmax(axis=1) == targets[rows]).mean()
    assert second.baseline_accuracy == (theirs[rows].argmax(axis=1) == targets[rows]).mean()


def test_texts_of_one_length_stay_together():
    lengths = np.repeat([3, 4, 90], [500, 80, 20])
    found = measure_by_length(lengths, *drawn(lengths))
    assert [(each.shortest, each.longest, each.rows) for each in found] == [(3, 3, 500), (4, 90, 100)]


@pytest.mark.parametrize("rows", [1, LEAST_ROWS - 1, 2 * LEAST_ROWS - 1])
def test_few_rows_are_one_bin(rows):
    (only,) = measure_by_length(np.arange(rows), *drawn(np.arange(rows)))
    assert (only.shortest, only.longest, only.rows) == (0, rows - 1, rows)


def test_no_rows_are_no_bins():
    assert measure_by_length(np.empty(0, int), *drawn(np.empty(0, int))) == ()
