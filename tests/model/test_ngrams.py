"""Where n-grams are: the same for NumPy and TensorFlow, as the hash written out in whole numbers says."""

import numpy as np
import pytest
import tensorflow as tf

from model.ngrams import place

BUCKETS = 1 << 16
MASK = (1 << 32) - 1


def written_out(first, second, last, order):
    """Bucket and check by Python's numbers, which never wrap around."""
    key = last * 0x9E3779B1 + second * 0x85EBCA77
    if order == 3:
        key += (first + 1) * 0xC2B2AE3D
    key &= MASK
    key = ((key ^ key >> 16) * 0x85EBCA6B) & MASK
    key = ((key ^ key >> 13) * 0xC2B2AE35) & MASK
    key ^= key >> 16
    return key >> 16, max(key & 0xFFFF, 1)


def random_ids(rows=40, length=9, most=30_000):
    return np.random.default_rng(3).integers(0, most, (rows, length)).astype(np.int32)


@pytest.mark.parametrize("buckets", [1, 64, BUCKETS])
@pytest.mark.parametrize("most", [5, 30_000, (1 << 31) - 1])
def test_tensorflow_and_numpy_find_the_same_places(buckets, most):
    ids = random_ids(most=most)
    for ours, theirs in zip(place(ids, buckets), place(tf.constant(ids), buckets), strict=True):
        assert (ours.dtype, theirs.dtype) == (np.int32, tf.int32)
        assert np.array_equal(ours, theirs.numpy())


def test_places_are_those_of_the_hash_written_out_padding_before_the_first_word():
    ids = random_ids(rows=5)
    buckets, checks = place(ids, BUCKETS)
    for row, text in enumerate(ids.tolist()):
        padded = [0, 0, *text]
        for at in range(len(text)):
            for order in (2, 3):
                first, second, last = padded[at : at + 3]
                expected = written_out(first, second, last, order)
                assert (buckets[row, at, order - 2], checks[row, at, order - 2]) == expected


def test_fewer_buckets_are_the_last_bits_of_more():
    ids = random_ids()
    whole, checks = place(ids, BUCKETS)
    some, same = place(ids, 64)
    assert np.array_equal(some, whole % 64)
    assert np.array_equal(same, checks)


def test_a_check_is_never_that_of_a_free_slot():
    _, checks = place(random_ids(rows=20_000, length=10), BUCKETS)  # some six of these hash to a check of 0
    assert (checks.min(), checks.max()) == (1, 65_535)


def test_padding_in_front_changes_no_place_of_the_words_after_it():
    ids = random_ids(most=50) + 1
    wider = np.pad(ids, ((0, 0), (4, 0)))
    for ours, theirs in zip(place(ids, BUCKETS), place(wider, BUCKETS), strict=True):
        assert np.array_equal(ours, theirs[:, 4:])


def test_the_order_of_words_the_order_of_the_ngram_and_every_word_count():
    texts = np.array([[1, 2, 3], [1, 3, 2], [2, 1, 3], [4, 2, 3]], np.int32)
    buckets, checks = place(texts, BUCKETS)
    keys = (buckets.astype(np.int64) << 16 | checks)[:, -1]  # (texts, 2)
    assert keys[0, 0] == keys[3, 0]
    assert len(set(keys.ravel().tolist())) == 7


def test_places_spread_evenly_over_the_buckets():
    buckets, _ = place(random_ids(rows=2000, length=8), 16)
    counts = np.bincount(buckets.ravel(), minlength=16)
    assert abs(counts / counts.mean() - 1).max() < 0.1
