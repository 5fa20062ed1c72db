"""One trial of a search on a node: what `training.tuning.objective` measures, said to Ray Tune as it goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from model.errors import ConfigError, TercetError
from training.cli.importing import libraries
from training.cli.threads import limit_threads
from training.cluster.ledger import ERROR, STEP, UNTIL_NOW, WARNINGS
from training.errors import TrainingError
from training.preparation import DataSource
from training.presets import Preset
from training.progress import SilentProgress
from training.tuning.inner import InnerFolds
from training.tuning.search import FOLDS, REASON
from training.tuning.space import Value

Say = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Work:
    """What all trials of a search have in common. The rows of the outer fold are not in it."""

    source: DataSource
    preset: Preset
    inner: InnerFolds
    device: Any
    threads: int


class Reports(SilentProgress):
    """The `Watched` and the `Progress` of a trial: its epochs and warnings are said; it is ended from elsewhere."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.warnings: list[str] = []

    def report(self, value: float, step: int) -> None:
        """See `training.tuning.pruning.Watched.report`."""
        self._say({UNTIL_NOW: value, STEP: step, WARNINGS: self.warnings})

    def should_prune(self) -> bool:
        """Not by this process: Tune ends it."""
        return False

    def warn(self, message: str) -> None:
        """See `Progress.warn`."""
        self.warnings.append(message)


def measure(values: Mapping[str, Value], work: Work) -> None:
    """Tune's function of a trial."""
    from ray import tune  # noqa: PLC0415 - an extra

    run_trial(values, work, tune.report)


def run_trial(values: Mapping[str, Value], work: Work, say: Say) -> None:
    """Learn each fold with `values`; what came of it is said, whatever that is."""
    limit_threads(work.threads)
    with libraries():
        from model.device import select  # noqa: PLC0415 - with TensorFlow
        from training.tuning.objective import Objective  # noqa: PLC0415

    reports = Reports(say)
    try:
        select(work.device)
        objective = Objective(work.source, work.preset, work.inner, None)
        said: dict[str, Any] = {FOLDS: objective(reports, values, reports)}
    except (ConfigError, TrainingError) as error:
        said = {REASON: str(error)}
    except TercetError as error:
        said = {ERROR: str(error)}
    except Exception as error:  # noqa: BLE001 - told on the machine that asked
        said = {ERROR: f"{type(error).__name__}: {error}"}
    say(said | {WARNINGS: reports.warnings})
