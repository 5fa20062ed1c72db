"""The search: trial after trial, until there are enough or the time is up. What a trial does is given.

Tree-structured Parzen estimator (Bergstra et al. 2011). Its seed follows from the number of trials before, so that a
search which was stopped goes on as if it had not been. Nothing here needs TensorFlow.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import optuna
from optuna.study import Study
from optuna.trial import Trial, TrialState

from model.errors import ConfigError
from training.errors import TrainingError
from training.progress import Progress
from training.tuning.space import Space, Value
from training.tuning.study import finished

RANDOM_TRIALS = 8
"""At random before the estimator has anything to go by."""
FOLDS = "folds"
"""A trial's attribute: the log loss of each fold."""
REASON = "reason"
"""A trial's attribute: why its values cannot be used."""


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop."""

    trials: int
    """In the study, those of earlier calls among them."""
    minutes: float | None = None
    """After which no further trial begins."""


class Measure(Protocol):
    """What a trial does."""

    def __call__(self, trial: Trial, values: Mapping[str, Value], progress: Progress) -> list[float]:
        """The log loss of each fold with these values. Raises `optuna.TrialPruned` where it is not worth going on."""


@dataclass(slots=True)
class Course:
    """How far a search is: whether a trial may begin, and what becomes of each. Several may run at a time."""

    study: Study
    space: Space
    budget: Budget
    progress: Progress
    seed: int
    _started_s: float = field(default_factory=time.monotonic)

    def goes_on(self, running: int = 0) -> bool:
        """Whether another trial may begin beside so many; the study's sampler is then that of this trial."""
        done = len(finished(self.study))
        if done + running >= self.budget.trials:
            return False
        minutes = self.budget.minutes
        if minutes is not None and time.monotonic() - self._started_s >= 60 * minutes:
            self.progress.note(f"the time is up after {done} of {self.budget.trials} trials; the same command goes on")
            return False
        self.study.sampler = optuna.samplers.TPESampler(
            seed=int(np.random.default_rng([self.seed, done + running]).integers(1 << 31)),
            n_startup_trials=RANDOM_TRIALS,
        )
        return True

    def complete(self, trial: Trial, losses: Sequence[float]) -> float:
        """The trial was measured on every fold; the mean."""
        trial.set_user_attr(FOLDS, list(losses))
        loss = float(np.mean(losses))
        self.study.tell(trial, loss)
        if self.study.best_trial.number == trial.number:
            self.progress.note(f"trial {trial.number}: log loss {loss:.4f}, the best so far")
        return loss

    def prune(self, trial: Trial) -> None:
        """The trial is not worth going on with."""
        self.study.tell(trial, state=TrialState.PRUNED)
        self.progress.note(f"trial {trial.number} is pruned: no better than the median of those before it")

    def pass_over(self, trial: Trial, reason: str) -> None:
        """The trial's values cannot be used."""
        trial.set_user_attr(REASON, reason)
        self.study.tell(trial, state=TrialState.PRUNED)
        self.progress.warn(f"trial {trial.number} cannot be used: {reason}")

    def cut_short(self, trial: Trial) -> None:
        """The trial's values are queued again when the study is opened the next time."""
        self.study.tell(trial, state=TrialState.FAIL)

    def check(self) -> None:
        """Raise `TrainingError` where the trials are spent and none could be measured."""
        over = finished(self.study)
        if len(over) >= self.budget.trials and all(REASON in trial.user_attrs for trial in over):
            last = over[-1].user_attrs[REASON]
            raise TrainingError(f"None of the trials could be measured. The last: {last}")


def search(study: Study, space: Space, measure: Measure, budget: Budget, progress: Progress, *, seed: int) -> None:
    """Run trials until the budget is spent. A `ConfigError` or `TrainingError` of a trial prunes it: its values are
    out of what the network takes, or its fit diverged; whatever else is raised ends the search.
    """
    course = Course(study, space, budget, progress, seed)
    while course.goes_on():
        trial = study.ask()
        progress.stage(f"trial {trial.number}, {len(finished(study)) + 1} of {budget.trials}")
        _try(course, trial, measure)
    course.check()


def _try(course: Course, trial: Trial, measure: Measure) -> None:
    try:
        values = {row.name: row.suggest(trial) for row in course.space}
        losses = measure(trial, values, course.progress)
    except optuna.TrialPruned:
        course.prune(trial)
    except (ConfigError, TrainingError) as error:
        course.pass_over(trial, str(error))
    except BaseException:
        course.cut_short(trial)
        raise
    else:
        loss = float(np.mean(losses))
        course.progress.advance(len(losses), log_loss=loss)
        course.complete(trial, losses)
