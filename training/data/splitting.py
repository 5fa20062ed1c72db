"""A seeded split into training, validation and test rows in which every class keeps its share.

Class by class in numpy rather than by two calls of scikit-learn's `train_test_split`, which spreads the rows that
rounding leaves over over the classes at random, and so may leave a small class out of a part.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.errors import ConfigError
from training.errors import DataError

FRACTIONS = (0.8, 0.1, 0.1)


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Row numbers, int64 and ascending; together every row once."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def stratified_split(
    targets: NDArray[np.int32], *, seed: int, fractions: tuple[float, float, float] = FRACTIONS
) -> Split:
    """Split rows by class; `targets` (rows,) are class numbers, `fractions` train, validation and test.

    Of each class a part holds its fraction to within one row, and one row at least. The same targets, seed and
    fractions give the same split. Raises `ConfigError` where the fractions are not three shares of the whole,
    `DataError` where a class has too few rows to be in every part.
    """
    if min(fractions) <= 0 or not math.isclose(sum(fractions), 1):
        raise ConfigError(f"The fractions of a split are positive and add up to 1, not {fractions}.")
    generator = np.random.default_rng(seed)
    parts: tuple[list[NDArray[np.int64]], ...] = ([], [], [])
    for target in np.unique(targets):
        rows = generator.permutation(np.flatnonzero(targets == target))
        train, validation = cuts(len(rows), fractions, int(target))
        for part, chosen in zip(parts, np.split(rows, [train, train + validation]), strict=True):
            part.append(chosen)
    return Split(*(np.sort(np.concatenate(part)) for part in parts))


def cuts(rows: int, fractions: tuple[float, float, float], target: int) -> tuple[int, int]:
    """How many of a class's rows are for training and for validation; the rest is for the test."""
    validation, test = (max(1, round(rows * fraction)) for fraction in fractions[1:])
    train = rows - validation - test
    if train < 1:
        raise DataError(f"Class number {target} has {rows} rows, too few for a share in training, validation and test.")
    return train, validation
