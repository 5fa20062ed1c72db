import numpy as np

from model.ngrams import SLOTS, place
from training.wide import counts
from training.wide.counts import count_ngrams
from training.wide.slots import fill

IDS = np.random.default_rng(6).integers(0, 5, (20, 9)).astype(np.int32)
CHECKS = fill(IDS[:10], 16)


def counted():
    """Words and the n-grams of either order, one after the other."""
    words = np.zeros((20, 5))
    ngrams = np.zeros((2, 20, CHECKS.size))
    bucket, check = place(IDS, 16)
    for row, at in zip(*np.nonzero(IDS), strict=True):
        words[row, IDS[row, at]] += 1
        for order in range(2):
            here = CHECKS[bucket[row, at, order]].tolist()
            if check[row, at, order] in here:
                column = bucket[row, at, order] * SLOTS + here.index(check[row, at, order])
                ngrams[order, row, column] += 1
    return words, ngrams


def test_counts_are_those_of_a_loop_over_the_words():
    words, ngrams = counted()
    found = count_ngrams(IDS, 5, CHECKS)
    assert np.array_equal(found.words.toarray(), words)
    assert [np.array_equal(each.toarray(), of) for each, of in zip(found.of_order, ngrams, strict=True)] == [True] * 2
    assert np.array_equal(found.ngrams.toarray(), ngrams.sum(axis=0))
    assert words.max() > 1
    assert ngrams.max() > 1
    assert found.words.has_canonical_format


def test_chunks_do_not_change_the_counts(monkeypatch):
    whole = count_ngrams(IDS, 5, CHECKS)
    monkeypatch.setattr(counts, "CHUNK_ROWS", 3)
    parts = count_ngrams(IDS, 5, CHECKS)
    assert (parts.words != whole.words).nnz == (parts.ngrams != whole.ngrams).nnz == 0


def test_padding_counts_for_nothing():
    found = count_ngrams(np.zeros((2, 9), np.int32), 5, CHECKS)
    assert (found.words.shape, found.words.nnz, found.ngrams.nnz) == ((2, 5), 0, 0)
