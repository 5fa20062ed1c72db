"""The trials of a search on a Ray cluster: Ray Tune runs as many at a time as there is room for.

The study is where it always is, and this process alone writes to it: a search may go on here or there. A trial that
is lost with its node is tried again with the same values, in the same entry of the study.
"""

import contextlib
import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from model.device import Device
from model.errors import ClusterError
from training.cluster.demand import resources, slots, warn_if_none
from training.cluster.ledger import Ledger
from training.cluster.measuring import Work, measure
from training.cluster.vectors import vectors_to_ship
from training.preparation import DataSource
from training.presets import Preset
from training.tuning.inner import InnerFolds
from training.tuning.search import Course
from training.tuning.study import finished

RETRIES = 3
"""Of a trial whose process or node was lost."""
_QUIET = {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C is for us to act on
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",  # the last report of a trial has other figures than the others
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_WARN_THRESHOLD_S": "60",
    "RAY_AIR_NEW_OUTPUT": "0",
}


@dataclass(frozen=True, slots=True)
class OnCluster:
    """A `training.tuning.run.Runner`."""

    ray: Any
    """`model.cluster.connected`"""
    threads: int
    """And cores, of each trial."""
    at_most: int | None
    """Trials at a time; None is as many as there is room for."""

    def __post_init__(self) -> None:
        if self.ray.util.client.ray.is_connected():
            raise ClusterError(
                "Ray Tune keeps the search in the process that asks, so that process has to be on a node: "
                "give --ray HOST:PORT of the cluster's head on one of its machines, not ray://."
            )

    def __call__(
        self, course: Course, source: DataSource, preset: Preset, inner: InnerFolds, device: Device, work: Path
    ) -> None:
        """Run trials as long as the course goes on. Raises `TrainingError` or `VectorsError`."""
        wanted = resources(self.threads, device)
        warn_if_none(self.ray, wanted, course.progress)
        shipped = Work(_shipped(source, preset, inner, course), preset, inner, device, self.threads)
        at_a_time = self.at_most or max(1, slots(self.ray, wanted))
        course.progress.stage("trials", course.budget.trials)
        course.progress.advance(len(finished(course.study)))
        ledger = Ledger(course)
        try:
            with _folder(work) as folder:
                _fit(course, ledger, shipped, wanted, at_a_time, folder)
        finally:
            ledger.close()
        if ledger.error is not None:
            raise ledger.error
        course.check()


def _shipped(source: DataSource, preset: Preset, inner: InnerFolds, course: Course) -> DataSource:
    """With the word vectors for whatever dimension a trial may have."""
    searched = next((row for row in course.space if row.name == "embedding_dim"), None)
    dimensions = [preset.network.embedding_dim]
    if searched is not None:
        dimensions = [int(each) for each in searched.choices] or [*range(int(searched.low), int(searched.high) + 1)]
    read = vectors_to_ship(source.vectors, inner.dataset, preset, dimensions, source.cache, course.progress)
    return replace(source, read=read, cache=None)


@contextlib.contextmanager
def _folder(work: Path) -> Iterator[Path]:
    """For what Tune writes, and nobody reads; gone at the end, or at the next beginning where this was killed."""
    folder = work.absolute() / "tune"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fit(course: Course, ledger: Ledger, shipped: Work, wanted: dict[str, float], at_a_time: int, folder: Path) -> None:
    with _quiet():
        from ray import tune  # noqa: PLC0415 - an extra

        from training.cluster.searching import EndOfSearch, StudyScheduler, StudySearch  # noqa: PLC0415

        trainable = tune.with_resources(tune.with_parameters(measure, work=shipped), wanted)
        tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                search_alg=StudySearch(course, ledger),
                scheduler=StudyScheduler(ledger),
                max_concurrent_trials=at_a_time,
                num_samples=-1,  # the course says when it is over
            ),
            run_config=tune.RunConfig(
                name="search",
                storage_path=str(folder),
                failure_config=tune.FailureConfig(max_failures=RETRIES),
                stop=EndOfSearch(ledger),
                verbose=0,
            ),
        ).fit()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Ray Tune as silent as it can be, for the length of the block."""
    before = {name: os.environ.get(name) for name in _QUIET}
    os.environ.update(_QUIET)
    logger = logging.getLogger("ray.tune")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # it misses files that are not written for want of its loggers
    try:
        yield
    finally:
        logger.setLevel(level)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
