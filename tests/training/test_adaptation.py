"""Sizes that follow from the data: no window lost, no table larger than the preset's, the n-grams counted as served."""

from itertools import pairwise

import numpy as np
import pytest

from model.network_config import NetworkConfig
from model.ngrams import SLOTS
from training.adaptation import FEWEST_BUCKETS, FILLED, adapt, count_ngrams

MOST = NetworkConfig(sequence_length=256, vocabulary_size=30_000, ngram_buckets=1 << 15, embedding_dim=100)


def adapted(network=MOST, *, lengths=(20,), words=500, ngrams=5000, classes=3):
    return adapt(network, token_lengths=np.array(lengths), words=words, ngrams=ngrams, classes=classes)


@pytest.mark.parametrize(
    ("lengths", "length"),
    [
        ([1] * 300, 8),  # one window of 5, four positions pooled: the least the network allows
        ([8] * 300, 8),
        ([9] * 300, 12),
        ([*range(1, 1001)], 256),
        ([*range(1, 101)], 100),
        ([30] * 985 + [700] * 15, 32),
        ([800] * 300, 256),
        ([0, 0, 0], 8),
        ([], 8),
    ],
)
def test_nearly_all_texts_fit_and_pooling_leaves_no_window_over(lengths, length):
    network = adapted(lengths=lengths)
    assert network.sequence_length == length
    assert network.windows == network.steps * network.pool


def test_a_preset_that_is_no_multiple_of_the_pooling_is_cut_to_one():
    network = adapted(NetworkConfig(sequence_length=50), lengths=[800])
    assert (network.sequence_length, network.windows) == (48, 44)


@pytest.mark.parametrize(("words", "size"), [(0, 2), (1, 2), (500, 501), (29_999, 30_000), (200_000, 30_000)])
def test_every_word_gets_a_row_up_to_the_most_there_may_be(words, size):
    assert adapted(words=words).vocabulary_size == size


@pytest.mark.parametrize("ngrams", [0, 576, 577, 9_216, 9_217, 200_000])
def test_buckets_are_the_power_of_two_that_has_room_for_the_ngrams(ngrams):
    buckets = adapted(ngrams=ngrams).ngram_buckets
    assert buckets.bit_count() == 1
    assert ngrams <= buckets * SLOTS * FILLED
    assert buckets == FEWEST_BUCKETS or ngrams > buckets // 2 * SLOTS * FILLED


def test_where_there_are_too_many_ngrams_there_are_as_many_buckets_as_there_may_be():
    assert adapted(ngrams=10**9).ngram_buckets == MOST.ngram_buckets


def bytes_of_tables(network):
    row = network.embedding_dim + network.classes
    return network.vocabulary_size * row * 2 + network.ngram_buckets * SLOTS * (2 + network.classes)


@pytest.mark.parametrize("classes", [2, 3, 4, 17, 50])
def test_the_tables_never_grow_beyond_those_of_the_preset(classes):
    network = adapted(lengths=[999], words=10**6, ngrams=10**9, classes=classes)
    assert network.classes == classes
    assert bytes_of_tables(MOST) / 2 < bytes_of_tables(network) <= bytes_of_tables(MOST)


def test_a_network_without_a_wide_part_gets_none():
    network = adapted(NetworkConfig(sequence_length=256), classes=50, words=10**6)
    assert (network.ngram_buckets, network.vocabulary_size) == (0, 20_000)


def test_the_layers_in_between_stay_as_they_are():
    network = adapted()
    kept = ("embedding_dim", "filters", "width", "pool", "units", "embedding_dropout", "embedding_dtype")
    assert [getattr(network, name) for name in kept] == [getattr(MOST, name) for name in kept]


def test_distinct_ngrams_are_counted_with_the_start_of_the_text():
    texts = [[5, 6, 7], [5, 6], [7]]
    ids = np.array([[0] * (4 - len(text)) + text for text in texts], np.int32)
    pairs, triples = set(), set()
    for text in texts:
        padded = [0, 0, *text]
        pairs |= set(pairwise(padded[1:]))
        triples |= set(zip(padded, padded[1:], padded[2:], strict=False))
    assert count_ngrams(ids, enough=99) == len(pairs) + len(triples) == 4 + 4


def test_ngrams_are_told_apart_by_their_order_and_all_of_their_words():
    ids = np.random.default_rng(0).integers(1, 9, (40, 6)).astype(np.int32)
    padded = [(0, 0, *map(int, row)) for row in ids]
    found = {row[at - n + 1 : at + 1] for row in padded for n in (2, 3) for at in range(2, 8)}
    assert count_ngrams(ids, enough=9999, rows=7) == len(found)


def test_counting_ends_where_there_are_more_than_enough():
    ids = np.arange(1, 41, dtype=np.int32).reshape(10, 4)
    assert count_ngrams(ids, enough=9999) == 80
    assert count_ngrams(ids, enough=10, rows=2) == 16
