"""How a fold of a trial is watched: each epoch's validation loss is reported, and a bad trial is ended there."""

from typing import Protocol

import optuna

from training.config import LONGEST_TRAINING
from training.progress import Progress

WARM_UP_EPOCHS = 2
"""Before them no trial is judged."""
STARTING_TRIALS = 4
"""Before them none is either."""


def pruner() -> optuna.pruners.MedianPruner:
    """Ends trials that are worse than the median of those before at the same epoch of the same fold."""
    return optuna.pruners.MedianPruner(n_startup_trials=STARTING_TRIALS, n_warmup_steps=WARM_UP_EPOCHS, n_min_trials=3)


class Watched(Protocol):
    """What a fold's epochs are reported to: an Optuna trial, or who passes it on to one elsewhere."""

    def report(self, value: float, step: int) -> None:
        """The log loss so far."""

    def should_prune(self) -> bool:
        """Whether to end the trial here."""


class FoldProgress:
    """A `Progress` for the training of one fold. Of what the training tells, only the warnings go on, each once."""

    def __init__(self, trial: Watched, progress: Progress, told: set[str], *, before: tuple[float, ...]) -> None:
        """`before` are the losses of the folds before this one."""
        self._trial, self._progress, self._told, self._before = trial, progress, told, before
        self._epoch: int | None = None
        self._of = 0
        self._best = float("inf")

    def stage(self, name: str, total: int | None = None, *, epoch: int | None = None, of: int | None = None) -> None:
        """See `Progress.stage`."""
        self._epoch, self._of = epoch, of or 0

    def advance(self, done: int, **figures: float) -> None:
        """At the end of an epoch, report the mean over the folds so far. Raises `optuna.TrialPruned`."""
        loss = figures.get("validation_loss")
        if loss is None or self._epoch is None:
            return
        self._best = min(self._best, loss)
        step = len(self._before) * LONGEST_TRAINING + self._epoch
        so_far = (sum(self._before) + self._best) / (len(self._before) + 1)
        self._trial.report(so_far, step)
        self._progress.advance(len(self._before) * self._of + self._epoch, validation_loss=so_far)
        if self._trial.should_prune():
            raise optuna.TrialPruned

    def note(self, message: str) -> None:
        """See `Progress.note`."""

    def warn(self, message: str) -> None:
        """See `Progress.warn`."""
        if message not in self._told:
            self._told.add(message)
            self._progress.warn(message)
