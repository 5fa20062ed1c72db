"""One fold: learn from the other rows as a training does, and answer the rows that the fold holds out."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from model.device import select
from model.locking import exclusive
from training.baseline import fit_baseline
from training.checkpoint import CheckpointFile, NoCheckpoint
from training.crossval.folder import RunFolder
from training.crossval.result import FoldResult
from training.crossval.settings import Settings
from training.data.dataset import Dataset, load_dataset
from training.data.splitting import Split
from training.errors import DataError
from training.evaluation import evaluate
from training.export import libraries
from training.folds import folds, split_of_fold
from training.learning import learn
from training.preparation import DataSource, Prepared, prepare_split
from training.progress import Progress
from training.vectors.load import ReadVectors


def run_fold(settings: Settings, number: int, folder: RunFolder, fingerprint: str, progress: Progress) -> None:
    """Leave the result of fold `number` in `folder`; `fingerprint` is that of the data the others learnt from.

    A fold that was killed goes on from its last checkpoint; one that another process is at is waited for. Raises
    `DataError`, `VectorsError`, `TrainingError`, `DeviceError` or `ConfigError`.
    """
    working = folder.working(number)
    working.mkdir(parents=True, exist_ok=True)
    with exclusive(working):
        if not folder.result(number).exists():
            dataset = _load(settings, fingerprint, progress)
            answer_fold(settings, number, dataset, progress, working=working).save(folder.result(number))
        shutil.rmtree(working, ignore_errors=True)


def answer_fold(
    settings: Settings,
    number: int,
    dataset: Dataset,
    progress: Progress,
    *,
    working: Path | None = None,
    read: Mapping[int, ReadVectors] | None = None,
) -> FoldResult:
    """Learn fold `number` of rows that were read before, and answer it; a checkpoint is kept in `working`, if given.

    `read` is as `DataSource.read`. Raises as `run_fold` does.
    """
    select(settings.device)
    source = DataSource(
        settings.data,
        settings.text_column,
        settings.label_column,
        settings.vectors,
        settings.cache,
        read=read or {},
    )
    split = split_of(settings, number, dataset)
    prepared = prepare_split(dataset, split, source, settings.hyper_parameters(number), progress)
    checkpoints = NoCheckpoint() if working is None else CheckpointFile.of_run(working, prepared.identity())
    return _learn_and_answer(settings, number, prepared, checkpoints, progress)


def _load(settings: Settings, fingerprint: str, progress: Progress) -> Dataset:
    dataset = load_dataset(
        settings.data, text_column=settings.text_column, label_column=settings.label_column, progress=progress
    )
    if dataset.fingerprint != fingerprint:
        raise DataError(f"{dataset.source} has changed since the cross-validation began. Start it again.")
    return dataset


def split_of(settings: Settings, number: int, dataset: Dataset) -> Split:
    """The rows of a fold as the test, the others as what a training has. Raises `DataError`."""
    seed, fold = settings.seed_of(number), settings.fold_of(number)
    return split_of_fold(
        dataset.texts,
        dataset.targets,
        folds(dataset.texts, dataset.targets, settings.folds, seed)[fold],
        validation_share=settings.hyper_parameters(number).training.validation_share,
        seed=seed,
        fold=fold,
    )


def _learn_and_answer(
    settings: Settings, number: int, prepared: Prepared, checkpoints: CheckpointFile, progress: Progress
) -> FoldResult:
    started = time.monotonic()
    dataset, split = prepared.dataset, prepared.split
    learnt = learn(prepared, checkpoints, progress, resume=True)
    history = learnt.history
    ids, targets = prepared.examples(split.test).ids, dataset.targets[split.test]
    probabilities = learnt.probabilities(ids)  # (rows, classes)
    evaluate(probabilities, targets, dataset.labels)  # before it counts as finished: raises where it diverged
    seconds = time.monotonic() - started
    baseline = fit_baseline(dataset.texts, dataset.targets, train=split.train, test=split.test, labels=dataset.labels)
    return FoldResult(
        number=number,
        fold=settings.fold_of(number) + 1,
        seed=settings.seed_of(number),
        train_rows=len(split.train),
        validation_rows=len(split.validation),
        epochs=len(history.records),
        best_epoch=history.best_epoch if history.records else 0,
        seconds=round(seconds, 3),
        network=asdict(prepared.network),
        libraries=libraries(),
        rows=split.test,
        lines=np.array(dataset.line_numbers, dtype=np.int64)[split.test],
        targets=targets,
        probabilities=probabilities,
        baseline=baseline.probabilities,
        parts={name: answer(ids) for name, answer in learnt.parts.items()},
    )
