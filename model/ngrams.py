"""Which row of a table an n-gram of ids has: a hash that NumPy and TensorFlow compute alike.

The tables themselves are in `model.wide`; serving needs the hash alone, and no Keras.
"""

from typing import Any

import numpy as np
import tensorflow as tf

ORDER = 3
"""Words of the longest n-gram."""
_MULTIPLIER = 1_000_003
"""A prime above any vocabulary here; times a bucket it stays far below 2**63."""


def buckets_of(ids: Any, buckets: int) -> Any:
    """The rows of the n-gram table for ids (batch, length): int64 (batch, length, 2), with NumPy or TensorFlow.

    At each position that of the 2-gram and that of the 3-gram which end there; before the first id there is padding,
    so that the first words of a text have n-grams of their own. A polynomial hash modulo the number of buckets: n-grams
    that share a bucket share its row, also while it is learnt.
    """
    if isinstance(ids, np.ndarray):
        last = ids.astype(np.int64)  # (batch, length)
        before = np.pad(last, ((0, 0), (2, 0)))  # (batch, length + 2)
        stack: Any = np.stack
    else:
        last = tf.cast(ids, tf.int64)
        before = tf.pad(last, ((0, 0), (2, 0)))
        stack = tf.stack
    second, first = before[:, 1:-1], before[:, :-2]  # (batch, length) each
    two = (second * _MULTIPLIER + last) % buckets
    three = (((first + 1) * _MULTIPLIER + second) % buckets * _MULTIPLIER + last) % buckets
    return stack([two, three], -1)
