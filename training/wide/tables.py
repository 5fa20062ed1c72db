"""The tables of the wide part: naive Bayes, and the logistic regression that mends it, added up."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.ngrams import SLOTS
from training.wide.counts import count_ngrams
from training.wide.logistic import Priors, fit_regression
from training.wide.naive_bayes import fit_naive_bayes
from training.wide.slots import fill
from training.wide.subwords import subword_matrix

_STEPS = 127
"""Of an int8, to either side."""


@dataclass(frozen=True, slots=True)
class WideTables:
    """What words and n-grams add to the logits: the weights of `model.wide.NgramTables`, of the same names."""

    unigrams: NDArray[np.float16]
    """(vocabulary, classes)"""
    checks: NDArray[np.uint16]
    """(buckets, SLOTS)"""
    values: NDArray[np.int8]
    """(buckets, SLOTS, classes)"""
    scale: np.float32
    bias: NDArray[np.float32]
    """(classes,)"""

    def logits(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """(rows, classes) for ids (rows, length)."""
        counts = count_ngrams(ids, len(self.unigrams), self.checks)
        values = self.values.reshape(-1, len(self.bias)) * self.scale  # (buckets * SLOTS, classes)
        logits: NDArray[np.float32] = (
            counts.words @ self.unigrams.astype(np.float32) + counts.ngrams @ values + self.bias
        )
        return logits


def fit_tables(
    ids: NDArray[np.int32],
    targets: NDArray[np.int32],
    words: Sequence[str],
    *,
    classes: int,
    buckets: int,
    priors: Priors,
    iterations: int,
) -> WideTables:
    """Learn from ids (rows, length) and targets (rows,); `words` are those of the ids from 1."""
    checks = fill(ids, buckets)
    counts = count_ngrams(ids, len(words) + 1, checks)
    bayes = fit_naive_bayes((counts.words, *counts.of_order), targets, classes)
    subwords = subword_matrix(["", *words])
    regression = fit_regression(counts, subwords, targets, bayes.left_out, priors, iterations)
    of_words, *of_order = bayes.tables
    values, scale = _quantized((sum(of_order, start=regression.ngrams)).reshape(buckets, SLOTS, classes))
    return WideTables(
        (of_words + regression.words).astype(np.float16),
        checks,
        values,
        scale,
        (bayes.bias + regression.bias).astype(np.float32),
    )


def _quantized(values: NDArray[np.float64]) -> tuple[NDArray[np.int8], np.float32]:
    scale = np.float32(max(np.abs(values).max() / _STEPS, np.finfo(np.float32).tiny))
    return np.rint(values / scale).astype(np.int8), scale
