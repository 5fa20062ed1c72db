"""The deep part while it learns, and that the network it is handed to says the same."""

import numpy as np
import pytest

from model.network import build, layer_outputs
from model.network_config import NetworkConfig
from training.fit import seed_everything
from training.subword_network import (
    FEWEST_WORDS,
    LENGTHS,
    MOST_PIECES,
    SubwordEmbedding,
    build_subword_network,
    hand_over,
    pieces_of,
)
from training.wide.subwords import subword_matrix, subwords

WORDS = ["tone", "stone", "one", "none", "phone", "x"]
CONFIG = NetworkConfig(
    classes=3,
    vocabulary_size=9,
    embedding_dim=4,
    sequence_length=8,
    filters=3,
    width=2,
    pool=2,
    units=5,
    embedding_frozen=False,
    embedding_dtype="float16",
    ngram_buckets=8,
)
IDS = np.random.default_rng(12).integers(0, 9, (6, 8)).astype(np.int32)


@pytest.fixture(scope="module")
def learnt():
    seed_everything(1)
    network = build_subword_network(CONFIG, None, WORDS, dropout=0.3)
    random = np.random.default_rng(13)
    for weight in network.weights:
        if weight.dtype == "float32":
            weight.assign(random.integers(-64, 64, weight.shape) / 64)
    return network


def test_pieces_are_the_subwords_that_enough_words_share():
    pieces = pieces_of(WORDS, 9)
    assert (pieces.shape, pieces.dtype.name) == ((9, MOST_PIECES), "int32")
    assert not pieces[0].any()
    assert not pieces[7:].any()
    sharing = {
        each: sum(each in subwords(word, LENGTHS) for word in WORDS) for each in set().union(*map(subwords, WORDS))
    }
    for row, word in enumerate(WORDS, start=1):
        shared = [each for each in subwords(word, LENGTHS) if sharing.get(each, 0) >= FEWEST_WORDS]
        assert np.count_nonzero(pieces[row]) == len(shared)
    assert not pieces[6].any()


def test_of_a_long_word_the_pieces_of_the_most_words_count():
    words = ["abcdefghijklmnop"] * 3 + ["ab"]
    pieces = pieces_of(words, 5)
    assert subword_matrix(words, LENGTHS, FEWEST_WORDS)[0].nnz > MOST_PIECES
    assert pieces[1].tolist() == [*range(1, MOST_PIECES + 1)]


def test_a_vector_is_the_word_s_own_and_its_subwords_by_the_root_of_their_number(learnt):
    layer = learnt.get_layer("embedding")
    words, shared = np.asarray(layer.words), np.asarray(layer.subwords)
    pieces = pieces_of(WORDS, 9)
    table = layer.table(np.arange(9)).numpy()
    for id_ in range(1, 9):
        own = pieces[id_][pieces[id_] > 0]
        expected = words[id_] + shared[own].sum(axis=0) / np.sqrt(max(1, len(own)))
        np.testing.assert_allclose(table[id_], expected, atol=1e-5)
    assert not table[0].any()
    np.testing.assert_allclose(layer(IDS), table[IDS], atol=1e-6)


def test_at_first_a_word_is_its_vector():
    vectors = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    layer = SubwordEmbedding(vectors, pieces_of(WORDS, 9))
    layer.build((None, 8))
    assert np.array_equal(layer.table(np.arange(1, 9)), vectors[1:])
    assert layer.compute_output_shape((None, 8)) == (None, 8, 4)


def test_what_it_is_handed_to_has_the_same_logits(learnt):
    serving = build(CONFIG)
    hand_over(learnt, serving)
    table = serving.get_layer("embedding").get_weights()[0]
    assert table.dtype == np.float16
    assert not table[0].any()
    ours, theirs = np.asarray(layer_outputs(serving)(IDS)["deep"]), learnt(IDS)
    exponentials = np.exp(ours)
    np.testing.assert_allclose(exponentials / exponentials.sum(axis=1, keepdims=True), theirs, atol=2e-3)


def test_no_words_at_all_make_a_network_too():
    assert build_subword_network(CONFIG, None, [], dropout=0.0)(IDS).shape == (6, 3)
