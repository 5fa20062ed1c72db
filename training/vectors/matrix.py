"""The embedding matrix: row i is the vector of the word with id i. Row 0 is padding."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from training.errors import VectorsError
from training.vectors.glove import WordVectors


def embedding_matrix(
    word_index: Mapping[str, int], vocabulary_size: int, dimension: int, vectors: WordVectors
) -> NDArray[np.float32]:
    """float32 (vocabulary_size, dimension); a row is filled when `0 < index < vocabulary_size`.

    Row 0 and the rows of words without a vector stay zero. The tutorial that the reference network comes from fills
    under `index > vocabulary_size - 1`, which skips every word in range: hence the test of both boundaries.
    Raises `VectorsError` where `vectors` has another dimension.
    """
    if vectors.rows.shape[1] != dimension:
        raise VectorsError(f"vectors of {vectors.rows.shape[1]} dimensions where the network has {dimension}")
    matrix = np.zeros((vocabulary_size, dimension), dtype=np.float32)
    for word, row in zip(vectors.words, vectors.rows, strict=True):
        index = word_index.get(word, 0)
        if 0 < index < vocabulary_size:
            matrix[index] = row
    return matrix
