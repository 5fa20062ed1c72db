"""Which n-grams the table has room for: those of the training texts, but for the rarest of a full bucket."""

import numpy as np
from numpy.typing import NDArray

from model.ngrams import SLOTS, place

CHUNK_ROWS = 4096
"""Texts looked at at a time, which bounds the memory."""


def fill(ids: NDArray[np.int32], buckets: int) -> NDArray[np.uint16]:
    """(buckets, SLOTS): the checks of the n-grams of ids (rows, length), padding in front; 0 where a slot is free."""
    keys, frequencies = _frequencies(ids, buckets)
    bucket, check = keys >> 16, keys & 0xFFFF
    order = np.lexsort((keys, -frequencies, bucket))  # by bucket, the most frequent first
    bucket, check = bucket[order], check[order]
    first = np.searchsorted(bucket, bucket)
    slot = np.arange(len(bucket)) - first
    kept = slot < SLOTS
    checks = np.zeros((buckets, SLOTS), dtype=np.uint16)
    checks[bucket[kept], slot[kept]] = check[kept]
    return checks


def _frequencies(ids: NDArray[np.int32], buckets: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct n-grams, as bucket and check in one number, and how often each occurs."""
    keys, frequencies = np.empty(0, np.int64), np.empty(0, np.int64)
    for start in range(0, len(ids), CHUNK_ROWS):
        chunk = ids[start : start + CHUNK_ROWS]
        bucket, check = place(chunk, buckets)  # (rows, length, 2)
        found = (bucket.astype(np.int64) << 16 | check)[chunk != 0].ravel()
        keys, at = np.unique(np.concatenate([keys, found]), return_inverse=True)
        ones = np.concatenate([frequencies, np.ones(len(found), np.int64)])
        frequencies = np.bincount(at, ones, minlength=len(keys)).astype(np.int64)
    return keys, frequencies


def find(ids: NDArray[np.int32], checks: NDArray[np.uint16]) -> NDArray[np.int64]:
    """(rows, length, 2): each n-gram's place in the table laid out flat; -1 where it has none, and at padding."""
    bucket, check = place(ids, len(checks))  # (rows, length, 2)
    matches = checks[bucket] == check[..., None]  # (rows, length, 2, SLOTS)
    flat = bucket.astype(np.int64) * SLOTS + matches.argmax(axis=-1)
    known = matches.any(axis=-1) & (ids != 0)[..., None]
    return np.where(known, flat, -1)
