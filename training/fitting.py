"""What a fit is given, so that it may be done in this process (`fit_here`) or elsewhere (`training.cluster.fit`)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from training.checkpoint import CheckpointFile
from training.config import TrainingConfig
from training.fit import Examples, Fit
from training.history import History
from training.progress import Progress


def as_they_are(probabilities: NDArray[np.float32]) -> NDArray[np.floating]:
    """The validation rows' probabilities as the network gives them."""
    return probabilities


@dataclass(frozen=True, slots=True)
class FitTask:
    """A network that is to learn. All of it can be shipped: functions are a module's own, or `functools.partial`."""

    build: Callable[[], Any]
    """Makes the network, the same after `seed_everything` of the same seed."""
    config: TrainingConfig
    train: Examples
    validation: Examples
    served: Callable[[NDArray[np.float32]], NDArray[np.floating]] = as_they_are
    """What of the validation rows' probabilities would be served; see `training.fit.Fit`."""


class Fitting(Protocol):
    """Where a fit is done."""

    def __call__(
        self, task: FitTask, checkpoints: CheckpointFile, progress: Progress, *, resume: bool
    ) -> tuple[Any, History]:
        """The network with the weights of its best epoch, and how that went. Raises `TrainingError`.

        `seed_everything` has been called. With `resume`, goes on from the last checkpoint where there is one.
        """


def fit_here(task: FitTask, checkpoints: CheckpointFile, progress: Progress, *, resume: bool) -> tuple[Any, History]:
    """A `Fitting` in this process."""
    network = task.build()
    fit = Fit(network, task.config, len(task.train), served=task.served)
    return network, fit.run(task.train, task.validation, checkpoints, progress, resume=resume)
