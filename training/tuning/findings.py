"""What a search has found so far: its trials, the best of them against the preset's own values, and what mattered."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from training.tuning.search import FOLDS, REASON
from training.tuning.space import Space, Value

_ENOUGH_TRIALS = 4
"""Complete ones, without which nothing can be said of what matters."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched, for whoever reads of it."""

    study: str
    preset: str
    data: str
    """The file's name."""
    rows: int
    """That the trials learnt from and were measured on."""
    held_back: int
    """Rows of the outer fold."""
    folds: int
    seed: int
    space: Space
    start: Mapping[str, Value] | None
    """The preset's own values; None where the space leaves one of them out."""
    preset_values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """One trial; `state` is complete, pruned, failed, running or waiting. The loss of a pruned one is its last."""

    number: int
    state: str
    log_loss: float | None
    folds: tuple[float, ...]
    """(folds,) log losses, empty unless it is complete."""
    parameters: Mapping[str, Value]
    seconds: float
    reason: str | None
    """Why its values cannot be used."""

    @classmethod
    def of(cls, trial: FrozenTrial) -> Self:
        """What the storage says of a trial."""
        seconds = trial.duration.total_seconds() if trial.duration else 0.0
        state = {TrialState.FAIL: "failed"}.get(trial.state, trial.state.name.lower())
        folds, reason = tuple(trial.user_attrs.get(FOLDS, ())), trial.user_attrs.get(REASON)
        return cls(trial.number, state, trial.value, folds, trial.params, round(seconds, 3), reason)

    @property
    def complete(self) -> bool:
        """Whether it was measured on every fold."""
        return self.state == "complete"


@dataclass(frozen=True, slots=True)
class Findings:
    """A search and its trials."""

    search: Search
    trials: tuple[TrialRecord, ...]
    importances: Mapping[str, float]
    """Shares of 1 by hyper-parameter, the greatest first; empty where there are too few trials to say."""

    @classmethod
    def of(cls, study: Study, search: Search) -> Self:
        """What the study holds now."""
        trials = tuple(TrialRecord.of(trial) for trial in study.get_trials(deepcopy=False))
        return cls(search, trials, _importances(study, trials))

    @property
    def best(self) -> TrialRecord | None:
        """The complete trial of the lowest log loss, the first of equals."""
        return min((trial for trial in self.trials if trial.complete), key=_loss, default=None)

    @property
    def of_preset(self) -> TrialRecord | None:
        """The complete trial of the preset's own values."""
        return next((each for each in self.trials if each.complete and each.parameters == self.search.start), None)

    @property
    def gain(self) -> tuple[float, float] | None:
        """How much lower the best log loss is than the preset's, and the standard error over the folds; None where
        one of the two is not known.
        """
        if self.best is None or self.of_preset is None:
            return None
        differences = np.subtract(self.of_preset.folds, self.best.folds)  # (folds,)
        return float(differences.mean()), float(differences.std(ddof=1) / math.sqrt(len(differences)))

    @property
    def seconds(self) -> float:
        """Of all trials together."""
        return round(sum(trial.seconds for trial in self.trials), 3)

    def count(self, state: str) -> int:
        """Trials of that state."""
        return sum(trial.state == state for trial in self.trials)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        best, preset, gain = self.best, self.of_preset, self.gain
        counts = {state: self.count(state) for state in ("complete", "pruned", "failed")}
        search = asdict(self.search) | {"space": {row.name: row.as_dict() for row in self.search.space}}
        return {
            "search": search,
            "best": None if best is None else asdict(best),
            "of_preset": None if preset is None else asdict(preset),
            "gain": None if gain is None else {"log_loss": gain[0], "standard_error": gain[1]},
            **counts,
            "seconds": self.seconds,
            "importances": dict(self.importances),
            "trials": [asdict(trial) for trial in self.trials],
        }


def _loss(trial: TrialRecord) -> float:
    return math.inf if trial.log_loss is None else trial.log_loss


def _importances(study: Study, trials: Sequence[TrialRecord]) -> dict[str, float]:
    losses = {trial.log_loss for trial in trials if trial.complete}
    if len(losses) < _ENOUGH_TRIALS:
        return {}
    shares = optuna.importance.get_param_importances(study)
    return dict(sorted(shares.items(), key=lambda item: -item[1]))
