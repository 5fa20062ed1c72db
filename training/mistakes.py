"""Mistakes by the line of the data file that a row is on, the most confident first; no text of any row is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHOWN_MISTAKES = 20
SHOWN_CELLS = 50
"""Pairs of classes: more than one with a dozen classes has, few of the 2,450 that 50 classes have."""
LINES_A_CELL = 6


@dataclass(frozen=True, slots=True)
class Mistake:
    """A row that was told wrong; `line` is its line in the data file, from 1 (in Parquet the row's number)."""

    line: int
    true: str
    predicted: str
    probability: float
    """Of the predicted class."""


@dataclass(frozen=True, slots=True)
class Confused:
    """`rows` rows of class `true` were taken for `predicted`: a cell off the diagonal of the confusion matrix."""

    true: str
    predicted: str
    rows: int
    share: float
    """Of the rows of class `true`, in [0, 1]."""
    lines: tuple[int, ...]
    """The first of them by probability, as many as `LINES_A_CELL`."""


def confident_mistakes(
    probabilities: NDArray[np.floating], targets: NDArray[np.int32], labels: Sequence[str], lines: NDArray[np.int64]
) -> tuple[Mistake, ...]:
    """All mistakes of `probabilities` (rows, classes) on `targets` (rows,), the most confident first.

    `lines` (rows,) says where each row is in the file; of equals the earlier line comes first.
    """
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)  # (rows,)
    wrong = np.flatnonzero(predicted != targets)
    ordered = wrong[np.lexsort((lines[wrong], -confidence[wrong]))]
    return tuple(
        Mistake(int(lines[row]), labels[targets[row]], labels[predicted[row]], float(confidence[row]))
        for row in ordered
    )


def confused_pairs(mistakes: Sequence[Mistake], rows_of: dict[str, int]) -> tuple[Confused, ...]:
    """The pairs of classes among `mistakes`, the most frequent first; `rows_of` are the test rows by true label."""
    lines: dict[tuple[str, str], list[int]] = {}
    for each in mistakes:
        lines.setdefault((each.true, each.predicted), []).append(each.line)
    ordered = sorted(lines.items(), key=lambda item: -len(item[1]))
    return tuple(
        Confused(true, predicted, len(found), len(found) / rows_of[true], tuple(found[:LINES_A_CELL]))
        for (true, predicted), found in ordered
    )
