"""Naive Bayes against the same by brute force, each row's sums with the row really taken out of the counts."""

import numpy as np
import pytest
from scipy import sparse

from training.wide.naive_bayes import FREQUENCIES, Lifts, fit_naive_bayes

RANDOM = np.random.default_rng(7)
COUNTS = RANDOM.poisson(0.5, (40, 10)).astype(np.float32)
COUNTS[:, 8] = 0  # never seen
COUNTS[:, 9] = 0
COUNTS[5, 9] = 2  # seen in one text alone
TARGETS = RANDOM.integers(0, 3, 40)
FOUND = sparse.csr_matrix(COUNTS)
ONE_HOT = np.eye(3)[TARGETS]


def lift(counts, share):
    """log P(class | n-gram) - log P(class) with one occurrence of smoothing."""
    return np.log((counts + share) / (counts.sum() + 1) / share)


def bin_of(frequency):
    return int(np.searchsorted(FREQUENCIES, frequency, side="right")) - 1


def test_sums_left_out_are_those_of_the_counts_without_the_row():
    sums = Lifts.of(FOUND, ONE_HOT).left_out(FOUND, TARGETS)
    by_class = ONE_HOT.T @ COUNTS
    share = by_class.sum(axis=1) / COUNTS.sum()  # the shares of the classes stay those of all rows
    expected = np.zeros((40, len(FREQUENCIES), 3))
    for row in range(40):
        others = np.arange(40) != row
        counts = ONE_HOT[others].T @ COUNTS[others]  # (classes, n-grams)
        for ngram in np.flatnonzero(COUNTS[row]):
            seen = counts[:, ngram].sum()
            if seen:
                expected[row, bin_of(seen)] += COUNTS[row, ngram] * lift(counts[:, ngram], share)
    np.testing.assert_allclose(sums, expected, atol=1e-12)


def test_a_table_has_the_lift_of_each_ngram_times_the_weight_of_its_bin():
    weights = np.arange(1.0, len(FREQUENCIES) + 1)
    table = Lifts.of(FOUND, ONE_HOT).table(weights)
    counts = ONE_HOT.T @ COUNTS
    share = counts.sum(axis=1) / COUNTS.sum()
    for ngram in range(10):
        seen = counts[:, ngram].sum()
        expected = weights[bin_of(seen)] * lift(counts[:, ngram], share) if seen else np.zeros(3)
        np.testing.assert_allclose(table[ngram], expected, atol=1e-12)


def test_what_was_never_seen_adds_nothing_nor_what_no_other_text_has():
    fitted = fit_naive_bayes((FOUND,), TARGETS, 3)
    assert not fitted.tables[0][8].any()
    alone = COUNTS.copy()
    alone[5, 9] = 0
    without = Lifts.of(FOUND, ONE_HOT).left_out(sparse.csr_matrix(alone), TARGETS)
    assert np.array_equal(Lifts.of(FOUND, ONE_HOT).left_out(FOUND, TARGETS), without)


def test_the_fit_is_the_same_each_time():
    one, other = (fit_naive_bayes((FOUND, FOUND[:, :4]), TARGETS, 3) for _ in range(2))
    for a, b in zip((*one.tables, one.bias, one.left_out), (*other.tables, other.bias, other.left_out), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("classes", [2, 5])
def test_logits_left_out_tell_texts_apart_that_words_tell_apart(classes):
    targets = np.arange(60) % classes
    found = sparse.csr_matrix(np.eye(classes, dtype=np.float32)[targets])
    fitted = fit_naive_bayes((found,), targets, classes)
    assert np.array_equal(fitted.left_out.argmax(axis=1), targets)
    assert np.array_equal(fitted.tables[0].argmax(axis=1), np.arange(classes))


def test_a_class_that_no_row_has_is_finite_and_never_found():
    fitted = fit_naive_bayes((FOUND,), TARGETS, 4)
    assert all(np.isfinite(each).all() for each in (*fitted.tables, fitted.bias, fitted.left_out))
    assert (fitted.left_out.argmax(axis=1) < 3).all()


def test_texts_without_words_get_the_shares_of_the_classes():
    nothing = sparse.csr_matrix((40, 6), dtype=np.float32)
    fitted = fit_naive_bayes((nothing,), TARGETS, 3)
    assert not fitted.tables[0].any()
    shares = np.exp(fitted.bias) / np.exp(fitted.bias).sum()
    np.testing.assert_allclose(shares, np.bincount(TARGETS) / 40, atol=1e-3)
