"""Where an n-gram of ids is in a table: a hash that NumPy and TensorFlow compute alike.

The tables themselves are in `model.wide`; serving needs the places alone, and no Keras.
"""

from typing import Any

import numpy as np
import tensorflow as tf

ORDER = 3
"""Words of the longest n-gram; single words have a table of their own, by id."""
SLOTS = 12
"""N-grams that a bucket has room for. An n-gram is told from others in its bucket by a check of 16 bits: one that was
never seen finds nothing, but for one in some 7,000."""
_FACTORS = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
"""Odd 32-bit numbers with no pattern, for the id itself, the one before, and the one before that."""
_FINISH = (0x85EBCA6B, 0xC2B2AE35)
"""Of the last step of MurmurHash3 for 32 bits (Austin Appleby, public domain): every bit changes every bit."""


def place(ids: Any, buckets: int) -> tuple[Any, Any]:
    """Bucket and check of the 2-gram and of the 3-gram that end at each position of ids int32 (batch, length).

    Two int32 arrays (batch, length, 2), of NumPy for NumPy and of TensorFlow for TensorFlow: buckets below `buckets`,
    a power of two of at most 65,536, and checks from 1 to 65,535. Before the first id there is padding, so the first
    words of a text have n-grams of their own.
    """
    keys = _keys_numpy(ids) if isinstance(ids, np.ndarray) else _keys_tensorflow(ids)
    if isinstance(ids, np.ndarray):
        low, high = (keys & np.uint32(0xFFFF)).astype(np.int32), (keys >> np.uint32(16)).astype(np.int32)
        return high & np.int32(buckets - 1), np.maximum(low, 1)
    low = tf.cast(tf.bitwise.bitwise_and(keys, _uint32(0xFFFF)), tf.int32)
    high = tf.cast(tf.bitwise.right_shift(keys, _uint32(16)), tf.int32)
    return tf.bitwise.bitwise_and(high, buckets - 1), tf.maximum(low, 1)


def _keys_numpy(ids: Any) -> Any:
    last = ids.astype(np.uint32)  # (batch, length)
    before = np.pad(last, ((0, 0), (2, 0)))  # (batch, length + 2)
    second, first = before[:, 1:-1], before[:, :-2]
    factors = [np.uint32(factor) for factor in _FACTORS]
    two = last * factors[0] + second * factors[1]
    keys = np.stack([two, two + (first + np.uint32(1)) * factors[2]], axis=-1)  # (batch, length, 2)
    for shift, factor in zip((16, 13), _FINISH, strict=True):
        keys = (keys ^ (keys >> np.uint32(shift))) * np.uint32(factor)
    return keys ^ (keys >> np.uint32(16))


def _keys_tensorflow(ids: Any) -> Any:
    last = tf.cast(ids, tf.uint32)  # (batch, length)
    before = tf.pad(last, ((0, 0), (2, 0)))  # (batch, length + 2)
    second, first = before[:, 1:-1], before[:, :-2]
    factors = [_uint32(factor) for factor in _FACTORS]
    two = last * factors[0] + second * factors[1]
    keys = tf.stack([two, two + (first + _uint32(1)) * factors[2]], axis=-1)  # (batch, length, 2)
    for shift, factor in zip((16, 13), _FINISH, strict=True):
        keys = tf.bitwise.bitwise_xor(keys, tf.bitwise.right_shift(keys, _uint32(shift))) * _uint32(factor)
    return tf.bitwise.bitwise_xor(keys, tf.bitwise.right_shift(keys, _uint32(16)))


def _uint32(number: int) -> Any:
    return tf.constant(number, tf.uint32)
