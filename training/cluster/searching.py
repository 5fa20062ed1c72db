"""Ray Tune's side of a search: its `OptunaSearch` on our study, the study's pruner as its scheduler, and when it ends.

`OptunaSearch` alone would prune nothing, sample with one seed whatever came before, keep no figures of the folds and
pass over a study that cannot be written; so what it asks and tells goes through the study as on one machine.
"""

from pathlib import Path
from typing import Any

from optuna.trial import Trial as OptunaTrial
from ray.tune import Stopper
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher
from ray.tune.search.optuna import OptunaSearch

from training.cluster.ledger import UNTIL_NOW, Ledger
from training.tuning.search import Course
from training.tuning.space import Value


class StudySearch(OptunaSearch):  # type: ignore[misc]  # Ray has no types
    """Asks our study for the values of each trial."""

    def __init__(self, course: Course, ledger: Ledger) -> None:
        self._course, self._ledger = course, ledger
        super().__init__(self._values, metric=UNTIL_NOW, mode="min")

    def __getstate__(self) -> dict[str, Any]:
        """See `Ledger.__getstate__`."""
        return {}

    def _setup_study(self, _mode: str) -> None:
        self._ot_study = self._course.study

    def _values(self, trial: OptunaTrial) -> dict[str, Value]:
        return {row.name: row.suggest(trial) for row in self._course.space}

    def suggest(self, trial_id: str) -> Any:
        """See `Searcher.suggest`."""
        values: Any = Searcher.FINISHED
        with self._ledger.keeping():
            if self._ledger.may_begin():
                values = super().suggest(trial_id)
                self._ledger.begin(trial_id, self._ot_trials[trial_id])
        return values

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """The scheduler, which hears of it first, has told the study."""

    def on_trial_complete(
        self,
        trial_id: str,
        result: dict[str, Any] | None = None,  # noqa: ARG002 - given by name
        error: bool = False,
    ) -> None:
        """See `Searcher.on_trial_complete`; a trial that was heard to its end is in the study already."""
        if error:
            self._ledger.lose(trial_id, "its process ended")

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study is on disk."""
        Path(checkpoint_path).touch()


class StudyScheduler(FIFOScheduler):  # type: ignore[misc]  # Ray has no types
    """Lets the study decide, at each report of a trial, whether it goes on."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger

    def on_trial_result(self, _controller: Any, trial: Any, result: dict[str, Any]) -> Any:
        """See `TrialScheduler.on_trial_result`."""
        is_over = True
        with self._ledger.keeping():
            is_over = self._ledger.hear(trial.trial_id, result)
        return TrialScheduler.STOP if is_over else TrialScheduler.CONTINUE


class EndOfSearch(Stopper):  # type: ignore[misc]  # Ray has no types
    """Ends all trials where one met what all would meet."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __call__(self, _trial_id: str, _result: dict[str, Any]) -> bool:
        """None by itself."""
        return False

    def stop_all(self) -> bool:
        """See `Stopper.stop_all`."""
        return self._ledger.error is not None
