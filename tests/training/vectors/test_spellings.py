import numpy as np
import pytest

from training.vectors.glove import WordVectors
from training.vectors.spellings import every_spelling, spellings, spelt


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("sea", ["sea"]),
        ("Sea", ["Sea", "sea"]),
        ("Anna's", ["Anna's", "anna's", "anna"]),
        ("Anna\u2019s", ["Anna\u2019s", "anna's", "anna"]),
        ("SOOOO", ["SOOOO", "soooo", "soo", "so"]),
        ("feel", ["feel"]),
        ("\U0001f44d", ["\U0001f44d"]),
    ],
)
def test_the_closest_spelling_comes_first(word, expected):
    assert spellings(word) == expected


def test_what_is_looked_up_is_looked_up_once():
    assert every_spelling(["Sea", "sea", "SEA"]) == ["Sea", "sea", "SEA"]


def test_each_word_gets_the_vector_of_its_closest_spelling():
    vectors = WordVectors(("sea", "Sea", "so"), np.array([[1], [2], [3]], np.float32), duplicates=4)
    result = spelt(["SEA", "Sea", "Soooo", "unknown"], vectors)
    assert result.words == ("SEA", "Sea", "Soooo")
    assert result.rows.tolist() == [[1], [2], [3]]
    assert result.duplicates == 4


def test_where_no_word_has_a_vector_none_gets_one():
    vectors = WordVectors((), np.zeros((0, 5), np.float32))
    assert spelt(["a"], vectors).rows.shape == (0, 5)
