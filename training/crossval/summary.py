"""The figures of all folds together: their mean, how sure it is, and what all answers at once give."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.crossval.result import FoldResult
from training.evaluation import Evaluation, evaluate

FIGURES = ("log_loss", "accuracy", "macro_f1", "expected_calibration_error")

Answers = Callable[[FoldResult], NDArray[np.floating]]
"""Whose probabilities (rows, classes) are meant: the network's, the baseline's or a part's."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One classifier over the folds; `folds` are in the order of the results."""

    folds: tuple[Evaluation, ...]
    mean: dict[str, float]
    """Of each of `FIGURES`, every fold counting the same."""
    standard_error: dict[str, float | None]
    """Of the mean; None while there is no seed with two folds."""
    pooled: Evaluation
    """All held-out answers at once."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON, without the folds."""
        return {"mean": self.mean, "standard_error": self.standard_error, "pooled": self.pooled.as_dict()}


def summarize(results: Sequence[FoldResult], labels: Sequence[str], answers: Answers) -> Summary:
    """The figures of `answers` over `results`, at least one. Raises `TrainingError` where an answer is not finite."""
    folds = tuple(evaluate(answers(each), each.targets, labels) for each in results)
    values = {name: [float(getattr(each, name)) for each in folds] for name in FIGURES}
    seeds = [each.seed for each in results]
    return Summary(
        folds,
        {name: float(np.mean(values[name])) for name in FIGURES},
        {name: standard_error(values[name], seeds) for name in FIGURES},
        pool(results, labels, answers),
    )


def pool(results: Sequence[FoldResult], labels: Sequence[str], answers: Answers) -> Evaluation:
    """The figures of all rows of all folds at once."""
    probabilities = np.concatenate([answers(each) for each in results])  # (rows, classes)
    return evaluate(probabilities, np.concatenate([each.targets for each in results]), labels)


def standard_error(values: Sequence[float], seeds: Sequence[int]) -> float | None:
    """Of the mean of `values`, one a fold: the standard deviation (n - 1) over the root of their number.

    With several `seeds` (folds,) it is the mean of each seed's own: other folds of the same rows measure no other
    rows, so repetitions do not make the mean that much surer. None where no seed has two folds.
    """
    of_seed = [
        [value for value, own in zip(values, seeds, strict=True) if own == seed] for seed in dict.fromkeys(seeds)
    ]
    errors = [float(np.std(each, ddof=1)) / math.sqrt(len(each)) for each in of_seed if len(each) > 1]
    return float(np.mean(errors)) if errors else None
