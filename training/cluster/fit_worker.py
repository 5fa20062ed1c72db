"""A worker of a fit on a cluster: what Ray Train runs on a node, in a process for it alone."""

import time
from pathlib import Path
from typing import Any

from model.errors import TercetError
from training.checkpoint import Checkpoint, Checkpoints
from training.cli.importing import libraries
from training.cluster.shares import Place
from training.progress import Progress, SilentProgress

TOLD_EVERY_S = 0.2


class Teller(SilentProgress):
    """A `Progress` that writes into the book."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._total: int | None = None
        self._last_s = 0.0

    def stage(self, name: str, total: int | None = None, *, epoch: int | None = None, of: int | None = None) -> None:
        """See `Progress.stage`."""
        self._total, self._last_s = total, 0.0
        self._book.tell.remote("stage", name, total, epoch=epoch, of=of)

    def advance(self, done: int, **figures: float) -> None:
        """See `Progress.advance`; not each step, but the last of a stage."""
        now = time.monotonic()
        if done == self._total or now - self._last_s >= TOLD_EVERY_S:
            self._last_s = now
            self._book.tell.remote("advance", done, **figures)

    def note(self, message: str) -> None:
        """See `Progress.note`."""
        self._book.tell.remote("note", message)

    def warn(self, message: str) -> None:
        """See `Progress.warn`."""
        self._book.tell.remote("warn", message)


class BookCheckpoints:
    """The checkpoints of a fit, which are in the book. `path` is where the command keeps them."""

    def __init__(self, path: Path, book: Any, checkpoint: Checkpoint | None, place: Place) -> None:
        self.path = path
        self._book, self._checkpoint, self._place = book, checkpoint, place

    def save(self, checkpoint: Checkpoint) -> None:
        """By one worker, as all have the same."""
        if self._place.rank == 0:
            self._book.save.remote(checkpoint)

    def load(self) -> Checkpoint | None:
        """The one to go on from."""
        return self._checkpoint


def train_loop(shipped: dict[str, Any]) -> None:
    """Ray Train's function of a worker."""
    import ray  # noqa: PLC0415 - an extra
    from ray import train  # noqa: PLC0415

    with libraries():
        import tensorflow as tf  # noqa: PLC0415 - with what limits its threads set

    place = Place(train.get_context().get_world_rank(), train.get_context().get_world_size())
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    book = shipped["book"]
    checkpoint, resume = ray.get(book.begin.remote(place.rank))
    progress = Teller(book) if place.rank == 0 else SilentProgress()
    checkpoints = BookCheckpoints(shipped["path"], book, checkpoint, place)
    try:
        learn(ray.get(shipped["task"]), strategy, place, checkpoints, progress, resume=resume)
    except TercetError as error:  # all workers raise it alike, and would again
        if place.rank == 0:
            ray.get(book.fail.remote(error))
    if place.rank == 0:
        ray.get(book.checkpoint.remote())  # what was told before has come


def learn(
    task: Any, strategy: Any, place: Place, checkpoints: Checkpoints, progress: Progress, *, resume: bool
) -> None:
    """Do one worker's part of the fit of a `training.fitting.FitTask`."""
    from training.cluster.shared_fit import SharedFit  # noqa: PLC0415 - with TensorFlow
    from training.fit import seed_everything  # noqa: PLC0415

    seed_everything(task.config.seed)
    with strategy.scope():
        network = task.build()
        fit = SharedFit(network, task.config, len(task.train), task.served, strategy, place)
    fit.run(task.train, task.validation, checkpoints, progress, resume=resume)
