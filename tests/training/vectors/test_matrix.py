import numpy as np
import pytest

from training.errors import VectorsError
from training.vectors.glove import WordVectors
from training.vectors.matrix import embedding_matrix

WORDS = ("first", "last", "boundary", "beyond", "stranger", "zeroth")
VECTORS = WordVectors(WORDS, np.arange(1, 13, dtype=np.float32).reshape(6, 2))
INDEX = {"first": 1, "bare": 2, "last": 4, "boundary": 5, "beyond": 6, "zeroth": 0}


def test_a_row_is_filled_when_its_index_is_below_the_vocabulary_size():
    matrix = embedding_matrix(INDEX, 5, 2, VECTORS)
    assert matrix.dtype == np.float32
    assert matrix.tolist() == [[0, 0], [1, 2], [0, 0], [0, 0], [3, 4]]  # padding, first, bare, nobody, last


def test_one_row_more_takes_in_the_word_at_the_boundary():
    assert embedding_matrix(INDEX, 6, 2, VECTORS)[5].tolist() == [5, 6]


def test_vectors_of_another_dimension_are_refused():
    with pytest.raises(VectorsError, match="2 dimensions where the network has 3"):
        embedding_matrix(INDEX, 5, 3, VECTORS)
