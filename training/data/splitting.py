"""A split into training, validation and test rows that goes by the texts, in which every class keeps its share.

A text that is held out today is held out in every later version of the data, whatever rows come before or after it,
but for the few at the edges of a part (docs/decisions/0011-the-split-goes-by-text.md). It depends on no seed.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.errors import ConfigError
from training.data.validation import identity
from training.errors import DataError

FRACTIONS = (0.8, 0.1, 0.1)
BY_TEXT = "text"
"""What a bundle's manifest says of a split by this module."""
_KEY = b"tercet: train, validation, test"
"""Any other would do, and would make another split."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Row numbers, int64 and ascending; together every row once."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def split_by_text(
    texts: Sequence[str], targets: NDArray[np.int32], fractions: tuple[float, float, float] = FRACTIONS
) -> Split:
    """Split rows by class; `targets` (rows,) are class numbers, `fractions` train, validation and test.

    Of each class a part holds one row at least, and its fraction to within one row (two below ten rows): the texts with
    the lowest places are for the test, the next for validation, the others for training. Raises `ConfigError` where the
    fractions are not three shares of the whole, `DataError` where a class has too few rows to be in every part.
    """
    if min(fractions) <= 0 or not math.isclose(sum(fractions), 1):
        raise ConfigError(f"The fractions of a split are positive and add up to 1, not {fractions}.")
    places = np.array([place(text) for text in texts], dtype=np.uint64)  # (rows,)
    parts: tuple[list[NDArray[np.int64]], ...] = ([], [], [])
    for target in np.unique(targets):
        rows = np.flatnonzero(targets == target)
        rows = rows[np.argsort(places[rows], kind="stable")]
        train, validation = cuts(len(rows), fractions, int(target))
        test = len(rows) - train - validation
        for part, chosen in zip(reversed(parts), np.split(rows, [test, test + validation]), strict=True):
            part.append(chosen)
    return Split(*(np.sort(np.concatenate(part)) for part in parts))


def place(text: str) -> int:
    """Where a text stands in the order that is dealt out: 64 bits that follow from what makes it the same text."""
    key = identity(text).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(key, key=_KEY, digest_size=8).digest(), "big")


def cuts(rows: int, fractions: tuple[float, float, float], target: int) -> tuple[int, int]:
    """How many of a class's rows are for training and for validation; the rest is for the test."""
    validation, test = (max(1, round(rows * fraction)) for fraction in fractions[1:])
    train = rows - validation - test
    if train < 1:
        raise DataError(f"Class number {target} has {rows} rows, too few for a share in training, validation and test.")
    return train, validation
