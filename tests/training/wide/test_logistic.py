"""The regression against scikit-learn's, and at the optimum that its formula has."""

import numpy as np
import pytest
from scipy import sparse
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from training.wide.counts import NgramCounts
from training.wide.logistic import Priors, fit_regression

RANDOM = np.random.default_rng(8)
WORDS = RANDOM.poisson(0.5, (60, 7)).astype(np.float32)
NGRAMS = RANDOM.poisson(0.3, (60, 5)).astype(np.float32)
COUNTS = NgramCounts(sparse.csr_matrix(WORDS), (sparse.csr_matrix(NGRAMS),))
SUBWORDS = sparse.csr_matrix((RANDOM.random((7, 4)) < 0.4).astype(np.float32))
PRIORS = Priors(word=0.5, ngram=0.3, subword=0.2)


def targets_of(classes):
    return np.random.default_rng(9).integers(0, classes, 60)


def fitted(classes, offset=None, priors=PRIORS):
    offset = np.zeros((60, classes)) if offset is None else offset
    return fit_regression(COUNTS, SUBWORDS, targets_of(classes), offset, priors, 2000)


def logits(found):
    return WORDS @ found.words + NGRAMS @ found.ngrams + found.bias


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_probabilities_are_those_of_scikit_learn(classes):
    """A prior's deviation is a scale of the columns; C is 1 for the whole."""
    columns = np.hstack([WORDS * 0.5, NGRAMS * 0.3, WORDS @ SUBWORDS.toarray() * 0.2])
    if classes == 2:  # two vectors of weights share what scikit-learn's one has: half the penalty
        reference = LogisticRegression(C=2.0, tol=1e-10, max_iter=5000)
    else:
        reference = LogisticRegression(C=1.0, tol=1e-10, max_iter=5000)
    expected = reference.fit(columns, targets_of(classes)).predict_proba(columns)
    np.testing.assert_allclose(softmax(logits(fitted(classes)), axis=1), expected, atol=2e-3)


def test_at_the_optimum_no_weight_can_be_bettered():
    """There a weight is its variance times what the texts ask for; word rows have their subwords' sum, too."""
    offset = RANDOM.normal(size=(60, 3))
    found = fitted(3, offset)
    wrong = np.eye(3)[targets_of(3)] - softmax(logits(found) + offset, axis=1)
    np.testing.assert_allclose(wrong.sum(axis=0), 0, atol=1e-2)
    np.testing.assert_allclose(found.ngrams, 0.3**2 * (NGRAMS.T @ wrong), atol=1e-3)
    asked = WORDS.T @ wrong
    subwords = SUBWORDS.toarray()
    np.testing.assert_allclose(found.words, 0.5**2 * asked + 0.2**2 * subwords @ (subwords.T @ asked), atol=2e-3)


def test_an_offset_that_says_it_all_leaves_little_to_learn():
    certain = 12 * np.eye(3)[targets_of(3)]
    found = fitted(3, certain)
    assert np.abs(found.words).max() < 1e-3
    assert np.abs(fitted(3).words).max() > 0.1


def test_the_same_offset_for_every_row_only_moves_the_bias():
    moved = fitted(3, np.tile([1.0, 0.0, -1.0], (60, 1)))
    plain = fitted(3)
    np.testing.assert_allclose(moved.words, plain.words, atol=2e-3)
    np.testing.assert_allclose(moved.bias - plain.bias, [-1, 0, 1], atol=1e-2)


def test_a_narrow_prior_silences_what_it_is_for():
    found = fitted(3, priors=Priors(word=0.5, ngram=1e-6, subword=1e-6))
    assert np.abs(found.ngrams).max() < 1e-6
    assert np.abs(found.words).max() > 0.05


def test_no_subwords_and_a_class_without_rows_are_no_fault():
    none = sparse.csr_matrix((7, 0), dtype=np.float32)
    found = fit_regression(COUNTS, none, targets_of(2), np.zeros((60, 3)), PRIORS, 60)
    assert all(np.isfinite(each).all() for each in (found.words, found.ngrams, found.bias))
    assert (logits(found).argmax(axis=1) < 2).all()
