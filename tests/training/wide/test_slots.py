"""Room for n-grams: the most frequent ones of a full bucket, each found again, and nothing that was not kept."""

from collections import Counter

import numpy as np
import pytest

from model.ngrams import SLOTS, place
from training.wide import slots
from training.wide.slots import fill, find

IDS = np.random.default_rng(5).integers(0, 30, (60, 8)).astype(np.int32)


def occurrences(ids, buckets):
    """How often each (bucket, check) occurs."""
    bucket, check = place(ids, buckets)
    return Counter(zip(bucket[ids != 0].ravel().tolist(), check[ids != 0].ravel().tolist(), strict=True))


@pytest.mark.parametrize("buckets", [1, 4, 32])
def test_a_full_bucket_keeps_its_most_frequent_ngrams(buckets):
    checks = fill(IDS, buckets)
    assert (checks.shape, checks.dtype.name) == ((buckets, SLOTS), "uint16")
    found = occurrences(IDS, buckets)
    for bucket in range(buckets):
        here = {check: count for (at, check), count in found.items() if at == bucket}
        by_frequency = sorted(here, key=lambda check: (-here[check], check))[:SLOTS]
        assert checks[bucket].tolist() == by_frequency + [0] * (SLOTS - len(by_frequency))


def test_every_ngram_is_found_where_there_is_room():
    checks = fill(IDS, 1024)
    places = find(IDS, checks)
    bucket, check = place(IDS, 1024)
    there = IDS != 0
    assert (places[there] >= 0).all()
    assert (places[~there] == -1).all()
    assert np.array_equal(checks.ravel()[places[there]], check[there])
    assert np.array_equal(places[there] // SLOTS, bucket[there])


def test_one_that_was_left_out_or_never_seen_is_not_found():
    checks = fill(IDS, 4)
    places = find(IDS, checks)
    bucket, check = place(IDS, 4)
    kept = [(b, c) for b in range(4) for c in checks[b].tolist()]
    expected = [(b, c) in kept for b, c in zip(bucket.ravel().tolist(), check.ravel().tolist(), strict=True)]
    assert np.array_equal((places >= 0).ravel(), np.array(expected) & (IDS != 0)[..., None].repeat(2, 2).ravel())
    assert 0 < np.mean(expected) < 1
    unseen = find(IDS + 1000, fill(IDS, 1024))
    assert (unseen >= 0).sum() == 0


def test_texts_cut_into_chunks_fill_the_same_table(monkeypatch):
    whole = fill(IDS, 8)
    monkeypatch.setattr(slots, "CHUNK_ROWS", 7)
    assert np.array_equal(fill(IDS, 8), whole)


def test_texts_of_padding_alone_leave_the_table_empty():
    nothing = np.zeros((3, 4), np.int32)
    assert not fill(nothing, 2).any()
    assert (find(nothing, fill(IDS, 2)) == -1).all()
