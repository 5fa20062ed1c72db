"""The inner folds: rows that hyper-parameters may be chosen on, and how they are dealt out.

The rows of the outer fold, those that a training holds out for its test, are not in the data set that comes back:
no trial can read, count or learn from them.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.config import TrainingConfig
from training.data.dataset import Dataset, fingerprint
from training.data.rows import Row
from training.data.splitting import Split
from training.folds import folds, outer_fold, split_of_fold


@dataclass(frozen=True, slots=True)
class InnerFolds:
    """What a trial learns from and is measured on."""

    dataset: Dataset
    """Without the rows of the outer fold."""
    splits: tuple[Split, ...]
    """One a fold, of rows of `dataset`: its test rows are the fold, its validation rows say when to stop."""
    held_back: int
    """Rows of the outer fold."""


def inner_folds(dataset: Dataset, config: TrainingConfig, count: int, seed: int = 0) -> InnerFolds:
    """`count` folds of the rows outside the outer fold. Raises `ConfigError` or `DataError` where they are too few."""
    held_out = config.validation_share + config.test_share
    outer = outer_fold(dataset.texts, dataset.targets, (1 - held_out, config.validation_share, config.test_share))
    inner = _without(dataset, outer)
    texts, targets = inner.texts, inner.targets
    splits = [
        split_of_fold(texts, targets, rows, validation_share=config.validation_share, seed=seed, fold=number)
        for number, rows in enumerate(folds(texts, targets, count, seed))
    ]
    return InnerFolds(inner, tuple(splits), len(outer))


def _without(dataset: Dataset, rows: NDArray[np.int64]) -> Dataset:
    kept = np.setdiff1d(np.arange(len(dataset)), rows)
    texts = tuple(dataset.texts[row] for row in kept)
    targets, lines = dataset.targets[kept], tuple(dataset.line_numbers[row] for row in kept)
    labelled = (Row(*each) for each in zip(lines, texts, (dataset.labels[target] for target in targets), strict=True))
    return replace(dataset, texts=texts, targets=targets, line_numbers=lines, fingerprint=fingerprint(labelled))
