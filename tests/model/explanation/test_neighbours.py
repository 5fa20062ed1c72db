"""The nearest words by cosine, as a plain search over all pairs finds them."""

from typing import Any

import numpy as np
import pytest

from model.explanation.explanation import Neighbour
from model.explanation.neighbours import _MOST_CACHED, NEAREST, Neighbours
from model.tokenizer import Tokenizer

TOKENIZER = Tokenizer({"sea": 1, "ocean": 2, "snow": 3, "void": 4})
about: Any = pytest.approx
VECTORS = np.array([[9, 9], [3, 0], [4, 3], [0, 2], [0, 0]], np.float32)


def near(vectors, tokenizer=TOKENIZER):
    return Neighbours(tokenizer, lambda: vectors)


def test_the_nearest_come_first_with_their_cosines():
    found = near(VECTORS).of([1, 3])
    assert found == {
        1: (Neighbour("ocean", about(0.8)), Neighbour("snow", 0.0)),
        3: (Neighbour("ocean", about(0.6)), Neighbour("sea", 0.0)),
    }


def test_a_word_without_a_vector_has_no_neighbours_and_is_none():
    assert near(VECTORS).of([4]) == {4: ()}


def test_neither_padding_nor_what_stands_for_unknown_words_is_a_neighbour():
    tokenizer = Tokenizer({"?": 1, "ocean": 2, "snow": 3}, oov_token="?")
    found = near(np.array([[4, 3], [4, 3], [4, 3], [3, 4]], np.float32), tokenizer).of([2])
    assert found == {2: (Neighbour("snow", about(0.96)),)}


def test_a_word_whose_id_the_network_never_gets_is_no_neighbour():
    tokenizer = Tokenizer({"sea": 1, "ocean": 2, "snow": 3}, num_words=3)
    found = near(np.array([[0, 0], [4, 3], [3, 4], [4, 3]], np.float32), tokenizer).of([1])
    assert [neighbour.word for neighbour in found[1]] == ["ocean"]


@pytest.mark.parametrize("at_once", [1, 300])
def test_they_are_those_of_a_search_over_all_pairs(at_once):
    rows = 300
    vectors = np.random.default_rng(0).normal(size=(rows, 4)).astype(np.float32)
    tokenizer = Tokenizer({f"w{number}": number for number in range(1, rows)})
    neighbours = near(vectors, tokenizer)
    found: dict[int, tuple[Neighbour, ...]] = {}
    for start in range(1, rows, at_once):
        found |= neighbours.of(range(start, min(start + at_once, rows)))
    directions = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = directions @ directions.T
    for number in range(1, rows):
        order = [other for other in np.argsort(-cosines[number]) if other not in (0, number)][:NEAREST]
        assert [neighbour.word for neighbour in found[number]] == [f"w{other}" for other in order]
        given = [neighbour.similarity for neighbour in found[number]]
        np.testing.assert_allclose(given, cosines[number, order], atol=1e-6)


def test_the_vectors_are_read_once_and_what_was_found_is_kept_up_to_a_limit():
    rows = _MOST_CACHED + 200
    reads = []

    def read():
        reads.append(1)
        return vectors

    tokenizer = Tokenizer({f"w{number}": number for number in range(1, rows)})
    vectors = np.random.default_rng(0).normal(size=(rows, 3)).astype(np.float32)
    neighbours = Neighbours(tokenizer, read)
    first = neighbours.of([1])
    neighbours.of(range(1, _MOST_CACHED + 1))
    assert neighbours.of([1])[1] is first[1]
    neighbours.of(range(_MOST_CACHED + 1, rows))
    assert neighbours.of([1])[1] is first[1]  # used of late
    assert len(neighbours._cache) == _MOST_CACHED
    assert len(reads) == 1
