"""What trials elsewhere say, told to the study: each epoch's loss, whether to go on, and how a trial ended.

A trial says it in dictionaries; which are these. `UNTIL_NOW` after an epoch: the log loss so far and at what step.
At its end one of `FOLDS` (the log loss of each), `REASON` (its values cannot be used), `ERROR` (nothing can go on).
Needs neither Ray nor TensorFlow.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from optuna.trial import Trial

from training.errors import TrainingError
from training.tuning.search import FOLDS, REASON, Course
from training.tuning.study import finished

UNTIL_NOW = "log_loss"
STEP = "step"
WARNINGS = "warnings"
"""Beside any of them: what a person is to know, once."""
ERROR = "error"


class Ledger:
    """The trials that run, by whatever name."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._running: dict[str, Trial] = {}
        self._warned: set[str] = set()
        self.error: Exception | None = None
        """What ended the search, to be raised when all trials have ended."""

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Tune saves what it is given, and a search goes on from its study."""
        return {}

    def may_begin(self) -> bool:
        """Whether another trial may; the study then has its sampler."""
        return self.error is None and self._course.goes_on(running=len(self._running))

    def begin(self, name: str, trial: Trial) -> None:
        """The trial begins."""
        self._running[name] = trial

    def hear(self, name: str, said: Mapping[str, Any]) -> bool:
        """Take down what a trial says; whether it is over, by its own account or because it is pruned."""
        if (trial := self._running.get(name)) is None:
            return True
        self._warn(said.get(WARNINGS, ()))
        if ERROR in said:
            self.error = TrainingError(f"trial {trial.number}, and so the search: {said[ERROR]}")
            return True
        if FOLDS in said:
            self._complete(name, trial, said[FOLDS])
            return True
        if REASON in said:
            self._course.pass_over(trial, said[REASON])
            self._end(name)
            return True
        return self._is_pruned(name, trial, said[UNTIL_NOW], said[STEP])

    def lose(self, name: str, reason: str) -> None:
        """The trial was lost again and again with its process or node, as all would be."""
        trial = self._running.get(name)
        if trial is not None and self.error is None:
            self.error = TrainingError(f"trial {trial.number} was lost with its node each time it was tried: {reason}")

    @contextlib.contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep what the block raises, such as a study that cannot be written; Tune would make a text of it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - raised later
            self.error = error

    def close(self) -> None:
        """Those that still run are cut short."""
        for trial in self._running.values():
            self._course.cut_short(trial)
        self._running.clear()

    def _warn(self, warnings: Sequence[str]) -> None:
        for warning in warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                self._course.progress.warn(warning)

    def _complete(self, name: str, trial: Trial, losses: Sequence[float]) -> None:
        loss = self._course.complete(trial, losses)
        if self._course.study.best_trial.number != trial.number:
            self._course.progress.note(f"trial {trial.number}: log loss {loss:.4f}")
        self._end(name, loss)

    def _is_pruned(self, name: str, trial: Trial, loss: float, step: int) -> bool:
        if step in self._course.study.get_trials(deepcopy=False)[trial.number].intermediate_values:
            return False  # it was lost since and is tried again; judged when it is past where it was
        trial.report(loss, step)
        if not trial.should_prune():
            return False
        self._course.prune(trial)
        self._end(name)
        return True

    def _end(self, name: str, loss: float | None = None) -> None:
        del self._running[name]
        figures = {} if loss is None else {UNTIL_NOW: loss}
        self._course.progress.advance(len(finished(self._course.study)), **figures)
