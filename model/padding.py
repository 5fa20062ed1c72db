"""Padding: sequences of ids of any length become one matrix of a fixed length, as Keras's `pad_sequences` does."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Side = Literal["pre", "post"]


def pad(
    sequences: Sequence[Sequence[int]], length: int, *, padding: Side = "pre", truncating: Side = "pre"
) -> NDArray[np.int32]:
    """(sequences, length) int32; zeros fill on the `padding` side, what is too much goes on the `truncating` side."""
    matrix = np.zeros((len(sequences), length), dtype=np.int32)  # (sequences, length)
    for row, sequence in zip(matrix, sequences, strict=True):
        kept = sequence[-length:] if truncating == "pre" else sequence[:length]
        if not kept:
            continue
        if padding == "pre":
            row[-len(kept) :] = kept
        else:
            row[: len(kept)] = kept
    return matrix
