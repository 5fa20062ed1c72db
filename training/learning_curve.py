"""The learning curve over the size of the training data: what the network and the baseline reach on the same test
rows with an eighth, a quarter and a half of the training rows, and so what more rows may bring.

Each smaller part has its own vocabulary, and is within the next larger one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.errors import TercetError
from training.baseline import fit_baseline
from training.checkpoint import CheckpointFile
from training.data.splitting import Split
from training.evaluation import Evaluation, evaluate
from training.fitting import Fitting, fit_here
from training.learning import learn
from training.preparation import DataSource, Prepared, prepare_split
from training.presets import Preset
from training.progress import Progress

FRACTIONS = (1 / 8, 1 / 4, 1 / 2)
"""Of the training rows, beside all of them."""


@dataclass(frozen=True, slots=True)
class Retraining:
    """What it takes to train the network again on fewer rows."""

    source: DataSource
    preset: Preset
    folder: Path
    """For checkpoints."""
    fitting: Fitting = fit_here


def baseline_curve(prepared: Prepared, of_all: Evaluation) -> dict[int, Evaluation]:
    """The baseline's figures on the test rows by the number of training rows; `of_all` are those of all rows."""
    dataset, test = prepared.dataset, prepared.split.test
    return {len(prepared.split.train): of_all} | {
        len(train): fit_baseline(
            dataset.texts, dataset.targets, train=train, test=test, labels=dataset.labels
        ).evaluation
        for train in _parts_of(prepared)
    }


def network_curve(prepared: Prepared, retraining: Retraining, progress: Progress) -> dict[int, Evaluation]:
    """The same of the network, trained anew on each part; one that it cannot learn from is warned of and left out."""
    found = {}
    for train in _parts_of(prepared):
        progress.note(f"learning curve: training on {len(train):,} of {len(prepared.split.train):,} rows")
        try:
            found[len(train)] = _retrained(prepared, train, retraining, progress)
        except TercetError as error:
            progress.warn(f"The learning curve has no figure for {len(train):,} training rows: {error}")
    return found


def nested_parts(
    rows: NDArray[np.int64], targets: NDArray[np.int32], seed: int, fractions: Sequence[float] = FRACTIONS
) -> list[NDArray[np.int64]]:
    """Parts of `rows` (row numbers, ascending), each class in its share, one row at least, and each part in the next.

    `targets` (all rows,) are class numbers. The same arguments give the same parts; sizes that are equal, as those of
    a handful of rows may be, are given once, and none that is as large as all rows.
    """
    random = np.random.default_rng(seed)
    of_class = [random.permutation(rows[targets[rows] == target]) for target in np.unique(targets[rows])]
    parts = {}
    for fraction in fractions:
        part = np.sort(np.concatenate([each[: max(1, round(len(each) * fraction))] for each in of_class]))
        parts[len(part)] = part
    return [part for size, part in sorted(parts.items()) if size < len(rows)]


def _parts_of(prepared: Prepared) -> list[NDArray[np.int64]]:
    return nested_parts(prepared.split.train, prepared.dataset.targets, prepared.training.seed)


def _retrained(prepared: Prepared, train: NDArray[np.int64], retraining: Retraining, progress: Progress) -> Evaluation:
    dataset, whole = prepared.dataset, prepared.split
    split = Split(train, whole.validation, whole.test)
    # What is in neither part would only be tokenized for nothing.
    kept = np.sort(np.concatenate([train, whole.validation, whole.test]))
    smaller = replace(
        dataset,
        texts=tuple(dataset.texts[row] for row in kept),
        targets=dataset.targets[kept],
        line_numbers=tuple(dataset.line_numbers[row] for row in kept),
    )
    split = Split(*(np.searchsorted(kept, part) for part in (split.train, split.validation, split.test)))
    again = prepare_split(smaller, split, retraining.source, retraining.preset, progress)
    identity = again.identity() | {"train_rows": len(train)}
    checkpoints = CheckpointFile.of_run(retraining.folder, identity)
    try:
        learnt = learn(again, checkpoints, progress, fitting=retraining.fitting)
    finally:
        checkpoints.discard()
    test = again.examples(again.split.test)
    return evaluate(learnt.probabilities(test.ids), test.targets, dataset.labels)
