"""The folds of a cross-validation as tasks of a Ray cluster, each in a process of its own.

Ray decides which node learns a fold and when, and does it again elsewhere where a node is lost. Results are kept on
this machine as ever, so that a cross-validation may go on here or there. A fold that is done again begins anew.
"""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from model.errors import TercetError
from model.run_events import Failure
from training.cli.importing import libraries
from training.cli.threads import limit_threads
from training.cluster.demand import resources, warn_if_none
from training.cluster.vectors import vectors_to_ship
from training.crossval.folder import RunFolder
from training.crossval.processes import Ended, Tell
from training.crossval.result import FoldResult
from training.crossval.settings import Settings
from training.data.dataset import Dataset
from training.progress import Progress, SilentProgress
from training.vectors.load import ReadVectors

RETRIES = 3
"""Of a fold whose process or node was lost; one that fails by itself is not tried again."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What the folds of a cross-validation have in common: once in the cluster's object store."""

    settings: Settings
    dataset: Dataset
    vectors: dict[int, ReadVectors]
    threads: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a fold has no result."""

    type: str
    message: str
    trace: str = ""
    """Where it was, of what nobody raised on purpose."""

    @classmethod
    def of(cls, error: Exception) -> "Failed":
        """What `error` says."""
        if isinstance(error, TercetError):
            return cls(type(error).__name__, str(error))
        return cls(type(error).__name__, f"{type(error).__name__}: {error}", traceback.format_exc())


def learn_fold(number: int, shipped: Shipped) -> FoldResult | Failed:
    """One fold, on a node."""
    limit_threads(shipped.threads)
    with libraries():
        from training.crossval.fold import answer_fold  # noqa: PLC0415 - with TensorFlow, which a node alone needs

    try:
        return answer_fold(shipped.settings, number, shipped.dataset, SilentProgress(), read=shipped.vectors)
    except Exception as error:  # noqa: BLE001 - told on the machine that asked
        return Failed.of(error)


@dataclass(frozen=True, slots=True)
class OnCluster:
    """A `training.crossval.run.Runner`."""

    ray: Any
    """`model.cluster.connected`"""
    threads: int
    """And cores, of each fold."""
    at_most: int | None
    """Folds at a time; None leaves it to Ray."""
    progress: Progress

    def __call__(
        self, settings: Settings, dataset: Dataset, numbers: Sequence[int], folder: RunFolder, tell: Tell
    ) -> None:
        """Learn all. Whatever `tell` raises, and Ctrl-C, leaves the others to the end of the connection."""
        wanted = resources(self.threads, settings.device)
        warn_if_none(self.ray, wanted, self.progress)
        # One call a process: what TensorFlow keeps of one fold must not reach the next.
        task = self.ray.remote(max_calls=1, max_retries=RETRIES)(learn_fold).options(
            num_cpus=wanted["CPU"], num_gpus=wanted.get("GPU", 0)
        )
        shipped = self.ray.put(self._ship(settings, dataset))
        waiting = list(numbers)
        running: dict[Any, int] = {}
        while waiting or running:
            while waiting and len(running) < (self.at_most or len(numbers)):
                number = waiting.pop(0)
                running[task.remote(number, shipped)] = number
            (over,), _ = self.ray.wait(list(running))
            _keep(running.pop(over), self._answer(over), folder, tell)

    def _ship(self, settings: Settings, dataset: Dataset) -> Shipped:
        preset = settings.hyper_parameters()
        dimensions = [preset.network.embedding_dim]
        vectors = vectors_to_ship(settings.vectors, dataset, preset, dimensions, settings.cache, self.progress)
        return Shipped(settings, dataset, vectors, self.threads)

    def _answer(self, over: Any) -> FoldResult | Failed:
        try:
            answer: FoldResult | Failed = self.ray.get(over)
        except self.ray.exceptions.RayError as error:
            reason = next(iter(str(error).splitlines()), "")
            return Failed(type(error).__name__, f"lost {RETRIES + 1} times with its process or node: {reason}")
        return answer


def _keep(number: int, answer: FoldResult | Failed, folder: RunFolder, tell: Tell) -> None:
    if isinstance(answer, FoldResult):
        folder.keep(answer)
        folder.log(number).unlink(missing_ok=True)  # of an attempt before
    else:
        if answer.trace:
            folder.log(number).write_text(answer.trace, encoding="utf-8")
        tell(number, Failure(event="error", message=answer.message, type=answer.type))
    tell(number, Ended(int(isinstance(answer, Failed))))
