"""How often each word and each n-gram occurs in each text, as sparse matrices that follow from the ids alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from training.wide.slots import CHUNK_ROWS, find


@dataclass(frozen=True, slots=True)
class NgramCounts:
    """Occurrences in each text; float32 CSR matrices of as many rows."""

    words: sparse.csr_matrix
    """(rows, vocabulary)"""
    ngrams: sparse.csr_matrix
    """(rows, buckets * SLOTS)"""


def count_ngrams(ids: NDArray[np.int32], vocabulary_size: int, checks: NDArray[np.uint16]) -> NgramCounts:
    """The counts of ids (rows, length), padding in front, of the n-grams that `checks` (buckets, SLOTS) has."""
    chunks = [ids[start : start + CHUNK_ROWS] for start in range(0, len(ids), CHUNK_ROWS)]
    words = [_counts(np.where(chunk > 0, chunk, -1), vocabulary_size) for chunk in chunks]
    ngrams = [_counts(find(chunk, checks).reshape(len(chunk), -1), checks.size) for chunk in chunks]
    return NgramCounts(sparse.vstack(words, format="csr"), sparse.vstack(ngrams, format="csr"))


def _counts(found: NDArray[np.integer], columns: int) -> sparse.csr_matrix:
    """(rows, columns): how often each column is among `found` (rows, n), where -1 is none."""
    rows, positions = np.nonzero(found >= 0)
    ones = np.ones(len(rows), dtype=np.float32)
    return sparse.csr_matrix((ones, (rows, found[rows, positions])), shape=(len(found), columns))
