"""Logistic regression over words, their subwords and n-grams, on top of what is known already.

Softmax regression with a Gaussian prior on each weight, minimised by L-BFGS: convex, so it does not depend on a seed or
an order. What is known already enters as an offset of the logits, so that it learns what that leaves open.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import log_softmax

from training.wide.counts import NgramCounts

Float = NDArray[np.float64]

_CORRECTIONS = 6
"""Pairs of vectors that L-BFGS keeps, of the size of all weights."""


@dataclass(frozen=True, slots=True)
class Priors:
    """Standard deviations of the weights."""

    word: float
    ngram: float
    subword: float


@dataclass(frozen=True, slots=True)
class Regression:
    """What each adds to the logits."""

    words: Float
    """(vocabulary, classes), subwords among them"""
    ngrams: Float
    """(buckets, classes)"""
    bias: Float
    """(classes,)"""


def fit_regression(
    counts: NgramCounts,
    subwords: sparse.csr_matrix,
    targets: NDArray[np.integer],
    offset: Float,
    priors: Priors,
    iterations: int,
) -> Regression:
    """Fit on the counts of rows, the subwords (vocabulary, subwords) of the words, and an offset (rows, classes)."""
    objective = _Objective(counts, subwords, targets, offset, priors)
    options = {"maxiter": iterations, "maxcor": _CORRECTIONS}
    found = minimize(objective, np.zeros(objective.parameters), jac=True, method="L-BFGS-B", options=options).x
    return Regression(*objective.weights(found))


class _Objective:
    """The loss of flat parameters and its gradient: weights over their standard deviations, and then the bias."""

    def __init__(
        self,
        counts: NgramCounts,
        subwords: sparse.csr_matrix,
        targets: NDArray[np.integer],
        offset: Float,
        priors: Priors,
    ) -> None:
        self._classes, self._offset = offset.shape[1], offset
        self._one_hot = np.eye(self._classes)[targets]  # (rows, classes)
        self._words, self._ngrams, self._subwords = counts.words, counts.ngrams, subwords
        matrices = (self._words, self._ngrams, self._subwords)
        self._turned = [each.T.tocsr() for each in matrices]
        sizes = [each.shape[1] for each in matrices]
        self._deviations = np.repeat([priors.word, priors.ngram, priors.subword], sizes)[:, None]  # (weights, 1)
        self._ends = np.cumsum(sizes)
        self.parameters = (sum(sizes) + 1) * self._classes

    def weights(self, parameters: Float) -> tuple[Float, Float, Float]:
        """Of words, subwords among them, of n-grams, and the bias."""
        weights = parameters[: -self._classes].reshape(-1, self._classes) * self._deviations  # (weights, classes)
        of_words, of_ngrams, of_subwords = np.split(weights, self._ends[:-1])
        return of_words + self._subwords @ of_subwords, of_ngrams, parameters[-self._classes :]

    def __call__(self, parameters: Float) -> tuple[float, Float]:
        of_words, of_ngrams, bias = self.weights(parameters)
        logits = self._words @ of_words + self._ngrams @ of_ngrams + bias + self._offset
        logarithms = log_softmax(logits, axis=1)  # (rows, classes)
        wrong = np.exp(logarithms) - self._one_hot
        words, ngrams, subwords = self._turned
        by_word = words @ wrong  # (vocabulary, classes)
        slopes = np.concatenate([by_word, ngrams @ wrong, subwords @ by_word]) * self._deviations
        weights = parameters[: -self._classes]
        value = -(self._one_hot * logarithms).sum() + weights @ weights / 2
        return value, np.concatenate([slopes.ravel() + weights, wrong.sum(axis=0)])
