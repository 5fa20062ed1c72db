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
    classes, ngrams = offset.shape[1], counts.ngrams
    sizes = [counts.words.shape[1], ngrams.shape[1], subwords.shape[1]]
    deviations = np.repeat([priors.word, priors.ngram, priors.subword], sizes)[:, None]  # (weights, 1)
    ends = np.cumsum(sizes)
    one_hot = np.eye(classes)[targets]  # (rows, classes)
    words_of, ngrams_of, whole = (each.T.tocsr() for each in (counts.words, ngrams, subwords))

    def parts(parameters: Float) -> tuple[Float, Float, Float]:
        weights = parameters[:-classes].reshape(-1, classes) * deviations  # (weights, classes)
        of_words, of_ngrams, of_subwords = np.split(weights, ends[:-1])
        return of_words + subwords @ of_subwords, of_ngrams, parameters[-classes:]

    def loss(parameters: Float) -> tuple[float, Float]:
        of_words, of_ngrams, bias = parts(parameters)
        logits = counts.words @ of_words + ngrams @ of_ngrams + bias + offset
        logarithms = log_softmax(logits, axis=1)  # (rows, classes)
        wrong = np.exp(logarithms) - one_hot
        by_word = words_of @ wrong  # (vocabulary, classes)
        slopes = np.concatenate([by_word, ngrams_of @ wrong, whole @ by_word]) * deviations
        weights = parameters[:-classes]
        value = -(one_hot * logarithms).sum() + weights @ weights / 2
        return value, np.concatenate([slopes.ravel() + weights, wrong.sum(axis=0)])

    start = np.zeros(ends[-1] * classes + classes)
    options = {"maxiter": iterations, "maxcor": _CORRECTIONS}
    return Regression(*parts(minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x))
