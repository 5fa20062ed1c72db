"""A cross-validation from a labelled file to its figures: finished folds are kept, the others are learnt."""

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from model.run_events import Failure, RunEvent
from training.crossval.document import CrossValidation
from training.crossval.folder import RunFolder
from training.crossval.processes import Command, Ended, Tell, run_side_by_side
from training.crossval.result import FoldResult
from training.crossval.settings import Settings, digest
from training.data.dataset import Dataset, load_dataset
from training.errors import TrainingError
from training.evaluation import evaluate
from training.folds import folds, outer_fold
from training.progress import Progress

FOLDERS = Path("var/crossval")
_OF_ALL = ("ConfigError", "DataError", "DeviceError", "InvalidDataError", "VectorsError")
"""Failures that lie in what was asked for, so that every fold meets them."""


class Runner(Protocol):
    """Who learns the folds, where that is not processes of this machine."""

    def __call__(
        self, settings: Settings, dataset: Dataset, numbers: Sequence[int], folder: RunFolder, tell: Tell
    ) -> None:
        """Leave the results of the folds `numbers` in `folder`; `tell` hears of each why it failed, and its end."""


@dataclass(frozen=True, slots=True)
class Execution:
    """How the folds are learnt, which changes no figure."""

    folder: Path | None = None
    """For the folds; None for one below `FOLDERS` that the settings name."""
    only: Collection[int] | None = None
    """Numbers of the folds to learn; None for all."""
    processes: int = 1
    threads: int = 1
    """Of each process."""
    restart: bool = False
    runner: Runner | None = None
    """In place of `processes` here."""


def cross_validate(settings: Settings, execution: Execution, progress: Progress) -> CrossValidation:
    """Learn the folds that are not finished, and measure all that are.

    Raises `TrainingError` where a fold failed: the others are kept, and run again it goes on with that one. Raises
    `DataError`, `VectorsError` or `ConfigError` before anything is learnt.
    """
    dataset = load_dataset(
        settings.data, text_column=settings.text_column, label_column=settings.label_column, progress=progress
    )
    _look_at(dataset, settings, progress)
    identity = settings.identity(dataset.fingerprint)
    default = FOLDERS / f"{dataset.source.split('.')[0]}-{settings.preset}-{digest(identity)}"
    folder = RunFolder.open(execution.folder or default, identity, restart=execution.restart)
    numbers = range(1, settings.total + 1)
    learning = _Learning(settings, dataset, folder, progress, folder.finished(numbers, progress))
    learning.learn([number for number in numbers if execution.only is None or number in execution.only], execution)
    results = folder.finished(numbers, progress)  # also those that another process has finished meanwhile
    return CrossValidation.of(settings, dataset, _outer(dataset, settings), list(results.values()))


def _look_at(dataset: Dataset, settings: Settings, progress: Progress) -> None:
    """Raises `DataError` where there are too few texts; warns where a class is not in every fold."""
    folds(dataset.texts, dataset.targets, settings.folds, settings.seed)
    small = {label: count for label, count in dataset.label_counts().items() if count < settings.folds}
    if small:
        shown = ", ".join(f"{label} ({count})" for label, count in list(small.items())[:5])
        progress.warn(f"some of the {settings.folds} folds hold no row of these classes: {shown}")


def _outer(dataset: Dataset, settings: Settings) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    training = settings.hyper_parameters().training
    held_out = training.validation_share + training.test_share
    fractions = (1 - held_out, training.validation_share, training.test_share)
    return outer_fold(dataset.texts, dataset.targets, fractions)


@dataclass(slots=True)
class _Learning:
    """Folds while they are learnt."""

    settings: Settings
    dataset: Dataset
    folder: RunFolder
    progress: Progress
    finished: dict[int, FoldResult]
    failed: dict[int, str] = field(default_factory=dict)

    def learn(self, wanted: list[int], execution: Execution) -> None:
        """Learn those of `wanted` that are not finished. Raises `TrainingError` where one failed."""
        missing = [number for number in wanted if number not in self.finished]
        if self.finished:
            self.progress.note(f"{len(self.finished)} of {self.settings.total} folds were finished before")
        if not missing:
            return
        self.progress.stage("folds", self.settings.total)
        self.progress.advance(len(self.finished))
        try:
            self._run(missing, execution)
        except KeyboardInterrupt as error:
            done = f"{len(self.finished)} of {self.settings.total} folds are kept"
            raise KeyboardInterrupt(f"interrupted; {done}, and the same command goes on with the others") from error
        if self.failed:
            which = ", ".join(str(number) for number in sorted(self.failed))
            raise TrainingError(
                f"{len(self.failed)} of {self.settings.total} folds did not finish: {which}. The others are kept in "
                f"{self.folder.path}; the same command goes on with these."
            )

    def _run(self, missing: list[int], execution: Execution) -> None:
        if execution.runner is not None:
            execution.runner(self.settings, self.dataset, missing, self.folder, self._hear)
            return
        commands = {number: self._command(number, execution.threads) for number in missing}
        run_side_by_side(commands, execution.processes, self._hear)

    def _command(self, number: int, threads: int) -> Command:
        words = (
            *(sys.executable, "-m", "training", "crossval-fold"),
            *("--settings", self.settings.as_json(), "--fingerprint", self.dataset.fingerprint),
            *("--folder", str(self.folder.path), "--number", str(number), "--threads", str(threads)),
        )
        return Command(words, self.folder.log(number))

    def _hear(self, number: int, event: RunEvent | Ended) -> None:
        if isinstance(event, Failure) and event.type in _OF_ALL:
            raise TrainingError(f"fold {number}, and so all of them: {event.message}")
        if isinstance(event, Failure):
            self.failed[number] = event.message
        elif isinstance(event, Ended):
            self._end(number, event)

    def _end(self, number: int, ended: Ended) -> None:
        result = self.folder.finished(range(number, number + 1), self.progress).get(number)
        if result is None:
            reason = self.failed.setdefault(number, ended.sentence)
            self.progress.warn(f"fold {number}: {reason}{self._log_of(number)}")
            return
        self.failed.pop(number, None)
        self.finished[number] = result
        self.progress.advance(len(self.finished))
        self.progress.note(self._sentence(result))

    def _log_of(self, number: int) -> str:
        log = self.folder.log(number)
        return f" ({log} has more)" if log.exists() else ""

    def _sentence(self, result: FoldResult) -> str:
        labels = self.dataset.labels
        ours, theirs = (evaluate(each, result.targets, labels) for each in (result.probabilities, result.baseline))
        return (
            f"fold {result.number} of {self.settings.total}: log loss {ours.log_loss:.4f}, accuracy "
            f"{ours.accuracy:.4f} (baseline {theirs.log_loss:.4f}, {theirs.accuracy:.4f}), {result.seconds:.0f} s"
        )
