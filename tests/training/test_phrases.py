"""The phrases of each filter: exact on a network whose answers are known, and against Keras's own convolution."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from model.network import build, layer_outputs
from model.network_config import NetworkConfig
from model.phrases import FilterPhrases, TrainingPhrase
from model.tokenizer import Tokenizer
from tests.model.networks import network_of
from training import phrases
from training.phrases import find_phrases

LETTERS = "abcdefghij"
CONFIG = NetworkConfig(vocabulary_size=11, embedding_dim=3, sequence_length=7, filters=4, width=2, pool=2, units=3)
WIDE = replace(CONFIG, ngram_buckets=64, embedding_dtype="float16", embedding_frozen=False)


def tokenizer(words=LETTERS):
    return Tokenizer({word: id_ for id_, word in enumerate(words, start=1)}, num_words=len(words) + 1)


def counting_network(bias=(0.0, 0.0, -100.0)):
    """A word is its own number. Filter 0 gives ten times the first plus the second, 1 the second, 2 nothing."""
    config = NetworkConfig(vocabulary_size=11, embedding_dim=1, sequence_length=6, filters=3, width=2, pool=2, units=2)
    network = build(config, np.arange(11, dtype=np.float32)[:, None])
    kernel = np.array([[[10, 0, 1]], [[1, 1, 1]]], np.float32)  # (2, 1, 3)
    network.get_layer("convolution").set_weights([kernel, np.array(bias, np.float32)])
    return network


def rows(*texts, length=6):
    return np.array(
        [[0] * (length - len(text)) + [LETTERS.index(word) + 1 for word in text] for text in texts], np.int32
    )


def told(found, number):
    return [("".join(phrase.words), phrase.activation, phrase.count) for phrase in found.filters[number].phrases]


def test_the_strongest_come_first_each_once_with_how_often_it_occurs():
    found = find_phrases(counting_network(), rows("abc", "cab", "abcdef"), tokenizer())
    assert (found.layer, found.width, [each.filter for each in found.filters]) == ("convolution", 2, [0, 1, 2])
    assert told(found, 0) == [("ef", 56, 1), ("de", 45, 1), ("cd", 34, 1), ("ca", 31, 1), ("bc", 23, 2)]
    assert [activation for _, activation, _ in told(found, 1)] == [6, 5, 4, 3, 2]


def test_of_equal_ones_the_more_frequent_words_come_first():
    found = find_phrases(counting_network(), rows("cjc", "ajb", "bjd"), tokenizer())
    assert told(found, 1)[:3] == [("aj", 10, 1), ("bj", 10, 1), ("cj", 10, 1)]


def test_a_filter_that_nothing_excites_has_no_phrases():
    assert find_phrases(counting_network(), rows("abcdef"), tokenizer()).filters[2] == FilterPhrases(2, ())


def test_padding_is_no_word_and_a_whole_text_no_phrase():
    found = find_phrases(counting_network(), rows("ij", "a", "", "bcd"), tokenizer())
    assert {phrase for number in (0, 1) for phrase, _, _ in told(found, number)} == {"bc", "cd"}


def test_without_a_text_longer_than_the_width_there_are_none():
    found = find_phrases(counting_network(), rows("ab", "c"), tokenizer())
    assert [each.phrases for each in found.filters] == [(), (), ()]


def test_half_a_surrogate_pair_becomes_a_question_mark():
    found = find_phrases(counting_network(), rows("abc"), tokenizer(["a\ud83d", *LETTERS[1:]]))
    assert found.filters[0].phrases[-1] == TrainingPhrase(("a?", "b"), 12, 1)


@pytest.mark.parametrize("config", [CONFIG, WIDE], ids=["one path", "beside a wide part, in half precision"])
@pytest.mark.parametrize("batch", [3, 8192])
def test_they_are_what_the_convolution_gives_most_for_in_the_rows(batch, config, monkeypatch):
    monkeypatch.setattr(phrases, "_BATCH", batch)
    network = network_of(config)
    ids = np.random.default_rng(4).integers(1, 11, (9, 7)).astype(np.int32)
    found = find_phrases(network, ids, tokenizer())
    convolution = np.asarray(layer_outputs(network)(ids)["convolution"])  # (9, 6, 4)
    pairs = [f"{LETTERS[a - 1]}{LETTERS[b - 1]}" for row in ids.tolist() for a, b in pairwise(row)]  # (9 * 6,)
    for number, values in enumerate(convolution.reshape(-1, 4).T.tolist()):
        activations = {pair: value for pair, value in zip(pairs, values, strict=True) if value > 0}
        strongest = sorted(activations, key=activations.__getitem__, reverse=True)[: phrases.MOST]
        assert [(pair, count) for pair, _, count in told(found, number)] == [(x, pairs.count(x)) for x in strongest]
        assert [value for _, value, _ in told(found, number)] == pytest.approx(
            [activations[pair] for pair in strongest], abs=1e-4
        )
