"""How often each word and each n-gram occurs in each text, as sparse matrices that follow from the ids alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from model.ngrams import ORDER
from training.wide.slots import CHUNK_ROWS, find


@dataclass(frozen=True, slots=True)
class NgramCounts:
    """Occurrences in each text; float32 CSR matrices of as many rows."""

    words: sparse.csr_matrix
    """(rows, vocabulary)"""
    of_order: tuple[sparse.csr_matrix, ...]
    """(rows, buckets * SLOTS) each: 2-grams, 3-grams"""

    @property
    def ngrams(self) -> sparse.csr_matrix:
        """(rows, buckets * SLOTS), of all orders."""
        return sum(self.of_order[1:], start=self.of_order[0])


def count_ngrams(ids: NDArray[np.int32], vocabulary_size: int, checks: NDArray[np.uint16]) -> NgramCounts:
    """The counts of ids (rows, length), padding in front, of the n-grams that `checks` (buckets, SLOTS) has."""
    chunks = [ids[start : start + CHUNK_ROWS] for start in range(0, len(ids), CHUNK_ROWS)]
    words = [_counts(np.where(chunk > 0, chunk, -1), vocabulary_size) for chunk in chunks]
    places = [find(chunk, checks) for chunk in chunks]  # (rows, length, orders) each
    of_order = tuple(
        sparse.vstack([_counts(found[:, :, order], checks.size) for found in places], format="csr")
        for order in range(ORDER - 1)
    )
    return NgramCounts(sparse.vstack(words, format="csr"), of_order)


def _counts(found: NDArray[np.integer], columns: int) -> sparse.csr_matrix:
    """(rows, columns): how often each column is among `found` (rows, n), where -1 is none."""
    rows, positions = np.nonzero(found >= 0)
    ones = np.ones(len(rows), dtype=np.float32)
    return sparse.csr_matrix((ones, (rows, found[rows, positions])), shape=(len(found), columns))
