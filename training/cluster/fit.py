"""The fit on a Ray cluster: Ray Train's TensorflowTrainer runs the workers, and begins them anew where one is lost.

This process keeps the checkpoints, in the same file as a fit on one machine, and tells what the workers tell. So a fit
may go on here or there, and with another number of workers.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.device import Device
from model.errors import ClusterError
from training.checkpoint import Checkpoint, CheckpointFile
from training.cli.threads import variables
from training.cluster.book import Book, News
from training.cluster.demand import resources, slots
from training.cluster.trainer import RETRIES, run_trainer
from training.fit import Fit
from training.fitting import FitTask
from training.history import History
from training.progress import Progress, SilentProgress

_ASKED_EVERY_S = 0.2
_COUNTED_EVERY_S = 5.0
_PATIENCE_S = 60.0
"""For nodes to come back where there are too few."""


@dataclass(frozen=True, slots=True)
class OnCluster:
    """A `training.fitting.Fitting`."""

    ray: Any
    """`model.cluster.connected`"""
    workers: int
    threads: int
    """And cores, of each worker."""
    device: Device

    def __post_init__(self) -> None:
        if self.ray.util.client.ray.is_connected():
            raise ClusterError(
                "Ray Train keeps a training's course in the process that asks, so that process has to be on a node: "
                "give --ray HOST:PORT of the cluster's head on one of its machines, not ray://."
            )
        self.check_room()

    def __call__(
        self, task: FitTask, checkpoints: CheckpointFile, progress: Progress, *, resume: bool
    ) -> tuple[Any, History]:
        """See `Fitting`. Raises `ClusterError` where the workers are lost again and again, or have no room."""
        self.check_room()
        progress.note(f"learning with {self.workers} workers on the cluster")
        kept = checkpoints.load() if resume else None
        book = self.ray.remote(Book).options(**self._here()).remote(kept, resume=resume)
        shipped = {"book": book, "task": self.ray.put(task), "path": checkpoints.path}
        task_options = self._here() | {"max_retries": 0}
        run = self.ray.remote(run_trainer).options(**task_options)
        over = run.remote(self.workers, self.wanted, variables(self.threads), shipped)
        reason = Course(self, book, checkpoints, progress).follow(over)
        if (error := self.ray.get(book.error.remote())) is not None:
            raise error
        if reason:
            raise ClusterError(
                f"The workers on the cluster were lost, or failed, {RETRIES + 1} times: {reason}. "
                "With --resume, the same command goes on after the last whole epoch."
            )
        return _result(task, _Over(checkpoints.path, self.ray.get(book.checkpoint.remote())))

    @property
    def wanted(self) -> dict[str, float]:
        """By a worker."""
        return resources(self.threads, self.device)

    def check_room(self) -> None:
        """Raise `ClusterError` where the nodes have no room for so many workers, whoever may have it now."""
        room = slots(self.ray, self.wanted)
        if room < self.workers:
            raise ClusterError(
                f"The cluster has room for {room} workers of {self.threads} cores"
                f"{' and a card' if 'GPU' in self.wanted else ''} each, and not for {self.workers}. "
                "Add nodes, or give fewer --workers; --resume goes on after the last whole epoch."
            )

    def _here(self) -> dict[str, Any]:
        """Options of what is to be lost with this process alone: on its node, and without a core."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415 - an extra

        here = NodeAffinitySchedulingStrategy(self.ray.get_runtime_context().get_node_id(), soft=False)
        return {"num_cpus": 0, "scheduling_strategy": here}


@dataclass(slots=True)
class Course:
    """What comes of a run, told and kept while it goes on."""

    place: OnCluster
    book: Any
    checkpoints: CheckpointFile
    progress: Progress
    _saved: int = 0
    _begun: int = 0
    _counted_s: float = 0.0
    _room_s: float = field(default_factory=time.monotonic)
    """When there was room for all workers last."""

    def follow(self, over: Any) -> str:
        """Until it ends; what `run_trainer` says. Raises `ClusterError` where too many nodes are gone for too long."""
        ray = self.place.ray
        try:
            while not ray.wait([over], timeout=_ASKED_EVERY_S)[0]:
                self._hear(ray.get(self.book.news.remote()))
                self._count()
            self._hear(ray.get(self.book.news.remote()))
            reason: str = ray.get(over)
        except ray.exceptions.RayError as error:
            raise ClusterError(f"The cluster is gone: {error}. Start it again, and go on with --resume.") from error
        return reason

    def _hear(self, news: News) -> None:
        if news.begun > max(1, self._begun):
            self.progress.warn("a worker or its node was lost; going on from the last whole epoch")
        self._begun = news.begun
        for method, arguments, keywords in news.said:
            getattr(self.progress, method)(*arguments, **keywords)
        if news.saved > self._saved:
            self._saved = news.saved
            self.checkpoints.save(self.place.ray.get(self.book.checkpoint.remote()))

    def _count(self) -> None:
        """Ray itself would wait for nodes for ever."""
        now = time.monotonic()
        if now - self._counted_s < _COUNTED_EVERY_S:
            return
        self._counted_s = now
        try:
            self.place.check_room()
        except ClusterError:
            if now - self._room_s > _PATIENCE_S:
                raise
        else:
            self._room_s = now


class _Over:
    """The last checkpoint of a fit that is over."""

    def __init__(self, path: Path, checkpoint: Checkpoint | None) -> None:
        self.path = path
        self._checkpoint = checkpoint

    def save(self, checkpoint: Checkpoint) -> None:
        """There is no other."""

    def load(self) -> Checkpoint | None:
        """It."""
        return self._checkpoint


def _result(task: FitTask, checkpoints: _Over) -> tuple[Any, History]:
    """The network here, with the weights of the best epoch."""
    network = task.build()
    fit = Fit(network, task.config, len(task.train), served=task.served)
    return network, fit.run(task.train, task.validation, checkpoints, SilentProgress(), resume=True)
