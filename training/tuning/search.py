"""The search: trial after trial, until there are enough or the time is up. What a trial does is given.

Tree-structured Parzen estimator (Bergstra et al. 2011). Its seed follows from the number of trials before, so that a
search which was stopped goes on as if it had not been. Nothing here needs TensorFlow.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
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


def search(study: Study, space: Space, measure: Measure, budget: Budget, progress: Progress, *, seed: int) -> None:
    """Run trials until the budget is spent. A `ConfigError` or `TrainingError` of a trial prunes it: its values are
    out of what the network takes, or its fit diverged; whatever else is raised ends the search.
    """
    started = time.monotonic()
    while (done := len(finished(study))) < budget.trials:
        if budget.minutes is not None and time.monotonic() - started >= 60 * budget.minutes:
            progress.note(f"the time is up after {done} of {budget.trials} trials; the same command goes on")
            return
        study.sampler = optuna.samplers.TPESampler(
            seed=int(np.random.default_rng([seed, done]).integers(1 << 31)), n_startup_trials=RANDOM_TRIALS
        )
        trial = study.ask()
        progress.stage(f"trial {trial.number}, {done + 1} of {budget.trials}")
        _try(study, trial, space, measure, progress)
    if all(REASON in trial.user_attrs for trial in finished(study)):
        last = finished(study)[-1].user_attrs[REASON]
        raise TrainingError(f"None of the trials could be measured. The last: {last}")


def _try(study: Study, trial: Trial, space: Space, measure: Measure, progress: Progress) -> None:
    try:
        values = {row.name: row.suggest(trial) for row in space}
        losses = measure(trial, values, progress)
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)
        progress.note(f"trial {trial.number} is pruned: no better than the median of those before it")
    except (ConfigError, TrainingError) as error:
        trial.set_user_attr(REASON, str(error))
        study.tell(trial, state=TrialState.PRUNED)
        progress.warn(f"trial {trial.number} cannot be used: {error}")
    except BaseException:
        study.tell(trial, state=TrialState.FAIL)  # queued again when the study is opened the next time
        raise
    else:
        trial.set_user_attr(FOLDS, losses)
        loss = float(np.mean(losses))
        study.tell(trial, loss)
        progress.advance(len(losses), log_loss=loss)
        if study.best_trial.number == trial.number:
            progress.note(f"trial {trial.number}: log loss {loss:.4f}, the best so far")
