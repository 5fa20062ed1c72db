"""Naive Bayes over n-grams, weighted by how often an n-gram was seen, the weights learnt from texts left out.

Each n-gram adds log P(class | n-gram) - log P(class), smoothed. Naive Bayes is overconfident, as the n-grams of a text
are not independent; how much of it to believe depends on how rare they are. So the sums are kept apart by frequency,
and a logistic regression of a few weights puts them together. For that it needs sums as a new text would have them: the
counts without the text itself, which take no second pass, since they are the counts minus its own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import log_softmax

Float = NDArray[np.float64]

FREQUENCIES = np.array([1, 2, 3, 5, 10, 30, 100, 1000, 10_000])
"""Where the bins of frequency begin, in occurrences among the training texts."""
_SMOOTHING = 1.0
"""Occurrences, shared out as the classes are, that are added to those of each n-gram (1 and 3 were as good)."""
_WEIGHT = 0.3
"""What a weight is where the data say nothing."""
_PENALTY = 1e-3
"""Of the squared distance from `_WEIGHT`, against the mean log loss."""
_ROWS = 30_000
"""Of more texts than this only every second, third … has a say in the weights: there are some twenty of them."""
_ROWS_AT_ONCE = 2048
"""Of a large data set, all entries of all texts, a number a class each, would be tens of gigabytes."""


@dataclass(frozen=True, slots=True)
class Lifts:
    """The class counts of the n-grams of one matrix."""

    counts: Float
    """(n-grams, classes)"""

    @classmethod
    def of(cls, found: sparse.csr_matrix, one_hot: Float) -> "Lifts":
        """Count `found` (rows, n-grams) by the classes of the rows (rows, classes)."""
        return cls(np.asarray(found.T @ one_hot))

    def table(self, weights: Float) -> Float:
        """(n-grams, classes): what each n-gram adds, by the weight of its bin; nothing where it was never seen."""
        bins = _bins(self.counts.sum(axis=1))  # (n-grams,)
        weight = np.where(bins < 0, 0.0, weights[bins])  # (n-grams,)
        table: Float = weight[:, None] * self._lift(self.counts)
        return table

    def left_out(self, found: sparse.csr_matrix, targets: NDArray[np.integer]) -> Float:
        """(rows, bins, classes): the sums over each row's n-grams by frequency, as if the row had not been counted."""
        entries = found.tocoo()
        rows, own = entries.row, entries.data
        counts = self.counts[entries.col]  # (entries, classes)
        counts[np.arange(len(rows)), targets[rows]] -= own
        bins = _bins(counts.sum(axis=1))  # (entries,)
        lifts = np.where(bins < 0, 0.0, own)[:, None] * self._lift(counts)  # (entries, classes)
        sums = np.empty((found.shape[0], len(FREQUENCIES), counts.shape[1]))
        place = rows * len(FREQUENCIES) + np.maximum(bins, 0)
        for of_class in range(counts.shape[1]):
            summed = np.bincount(place, lifts[:, of_class], minlength=sums[:, :, 0].size)
            sums[:, :, of_class] = summed.reshape(sums.shape[:2])  # (rows, bins)
        return sums

    def _lift(self, counts: Float) -> Float:
        """The smoothed log P(class | n-gram) - log P(class) from counts (…, classes)."""
        share = np.maximum(self.counts.sum(axis=0), 1e-9)
        share = share / share.sum()  # (classes,)
        smoothed = counts + _SMOOTHING * share
        lift: Float = np.log(smoothed / ((counts.sum(axis=1, keepdims=True) + _SMOOTHING) * share))
        return lift


@dataclass(frozen=True, slots=True)
class NaiveBayes:
    """Naive Bayes over several matrices of n-grams together."""

    tables: tuple[Float, ...]
    """(n-grams, classes) each: what one occurrence adds to the logits"""
    bias: Float
    """(classes,)"""
    left_out: Float
    """(rows, classes): the logits of each training row by the counts of the others"""


def fit_naive_bayes(matrices: tuple[sparse.csr_matrix, ...], targets: NDArray[np.integer], classes: int) -> NaiveBayes:
    """Fit on matrices (rows, n-grams) of counts and targets (rows,)."""
    one_hot = np.eye(classes)[targets]  # (rows, classes)
    lifts = [Lifts.of(found, one_hot) for found in matrices]

    def sums(rows: NDArray[np.intp]) -> Float:
        found = [each.left_out(matrix[rows], targets[rows]) for each, matrix in zip(lifts, matrices, strict=True)]
        return np.concatenate(found, axis=1)  # (rows, bins, classes)

    chosen = np.arange(0, len(targets), -(-len(targets) // _ROWS) or 1)
    weights, bias = _weights(np.concatenate([sums(rows) for rows in _chunks(chosen)]), one_hot[chosen])
    left_out = np.concatenate(
        [np.einsum("rbc,b->rc", sums(rows), weights) + bias for rows in _chunks(np.arange(len(targets)))]
    )
    of_matrix = np.split(weights, len(matrices))
    return NaiveBayes(tuple(each.table(w) for each, w in zip(lifts, of_matrix, strict=True)), bias, left_out)


def _chunks(rows: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    return [rows[start : start + _ROWS_AT_ONCE] for start in range(0, len(rows), _ROWS_AT_ONCE)]


def _weights(sums: Float, one_hot: Float) -> tuple[Float, Float]:
    """The weights (bins,) of sums (rows, bins, classes) and the bias (classes,) of the lowest log loss."""
    rows, bins, classes = sums.shape

    def loss(parameters: Float) -> tuple[float, Float]:
        weights, bias = parameters[:bins], parameters[bins:]
        logarithms = log_softmax(np.einsum("rbc,b->rc", sums, weights) + bias, axis=1)  # (rows, classes)
        wrong = (np.exp(logarithms) - one_hot) / rows
        distance = weights - _WEIGHT
        slope = np.einsum("rbc,rc->b", sums, wrong) + 2 * _PENALTY * distance
        value = -(one_hot * logarithms).sum() / rows + _PENALTY * distance @ distance
        return value, np.concatenate([slope, wrong.sum(axis=0)])

    start = np.concatenate([np.full(bins, _WEIGHT), np.zeros(classes)])
    found = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return found[:bins], found[bins:]


def _bins(frequencies: Float) -> NDArray[np.intp]:
    """The bin of each; -1 where nothing was seen."""
    # Counts are sums of float32 ones; half an occurrence is none.
    return np.searchsorted(FREQUENCIES, np.round(frequencies), side="right") - 1
