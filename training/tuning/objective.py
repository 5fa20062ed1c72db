"""What is minimised: the mean log loss over the inner folds, each measured by a network that never saw it."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.checkpoint import CheckpointFile, NoCheckpoint
from training.data.splitting import Split
from training.evaluation import evaluate
from training.learning import learn
from training.preparation import DataSource, prepare_split
from training.presets import Preset
from training.progress import Progress
from training.tuning.inner import InnerFolds
from training.tuning.pruning import FoldProgress, Watched
from training.tuning.space import Value


class Objective:
    """A `training.tuning.search.Measure`: learns once a fold, as a training would."""

    def __init__(self, source: DataSource, preset: Preset, inner: InnerFolds, work: Path | None) -> None:
        """`work` is a folder for checkpoints, which are gone after each fold; None keeps none."""
        self._source, self._preset, self._inner, self._work = source, preset, inner, work
        self._told: set[str] = set()
        # Each network is traced anew, on purpose; TensorFlow takes that for a mistake.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)

    def __call__(self, trial: Watched, values: Mapping[str, Value], progress: Progress) -> list[float]:
        """The log loss of each fold. Raises `optuna.TrialPruned`, `ConfigError`, `TrainingError` or `VectorsError`."""
        changes: dict[str, Any] = dict(values)
        preset = self._preset.adapted(**changes)
        losses: list[float] = []
        for split in self._inner.splits:
            watch = FoldProgress(trial, progress, self._told, before=tuple(losses))
            losses.append(self._measure(preset, split, watch))
        return losses

    def _measure(self, preset: Preset, split: Split, watch: FoldProgress) -> float:
        dataset = self._inner.dataset
        prepared = prepare_split(dataset, split, self._source, preset, watch)
        checkpoints = NoCheckpoint() if self._work is None else CheckpointFile.of_run(self._work, prepared.identity())
        try:
            learnt = learn(prepared, checkpoints, watch)
        finally:
            checkpoints.discard()
        probabilities = learnt.probabilities(prepared.examples(split.test).ids)  # (fold rows, classes)
        return evaluate(probabilities, dataset.targets[split.test], dataset.labels).log_loss
