"""Finds jobs whose worker is gone, and what ended jobs left on disk.

A worker of this machine is looked for in the table of processes. Of another one, its heartbeats are watched: by the
watcher's own clock, so that those of two machines need not agree.
"""

import logging
import shutil
import time
from collections.abc import Callable
from datetime import timedelta

from app.jobs import processes
from app.jobs.folder import JOBS
from app.jobs.identity import Identity
from app.jobs.ledger import Ledger, is_last
from app.jobs.queue import JobQueue
from app.jobs.registered import left_behind
from app.settings import Settings
from app.storage.columns import now
from app.storage.tables import Job
from model.registry import Registry

SILENT_AFTER_S = 30.0
"""A worker that was not heard of for so long is taken for dead."""
_KEPT = timedelta(days=1)
"""How long the folder of an ended job, and the steps of its progress, are kept."""
_SWEEP_EVERY_S = 3600.0

logger = logging.getLogger(__name__)


class Recovery:
    """What one worker sees of the others."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        queue: JobQueue,
        *,
        silent_after_s: float = SILENT_AFTER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger, self._queue, self._silent_after_s, self._clock = ledger, queue, silent_after_s, clock
        self._folder = settings.data / JOBS
        self._next_sweep = clock()
        self._registry = Registry(settings.models_folder)
        self._heard: dict[str, tuple[object, float]] = {}
        """The heartbeat of each job that others run, and when it was first seen."""

    def take_lost(self, is_busy: Callable[[], bool] = lambda: True) -> None:
        """Put jobs whose worker is gone back into the queue, or end them. Raises what the database raises.

        `is_busy` says whether this worker runs one, which then is none of these.
        """
        heard, self._heard = self._heard, {}  # nobody is heard while the database is away: all clocks begin anew
        jobs = self._ledger.running()
        self._heard = {job.id: heard[job.id] for job in jobs if job.id in heard}
        for job in jobs:
            if job.worker == self._ledger.worker:
                why = None if is_busy() else "Its worker could not record how it ended."
            else:
                why = self._loss_of(job)
            if why is not None:
                self._take(job, why)

    def sweep(self) -> None:
        """Once an hour, delete what jobs left that ended long ago. Raises what the database raises."""
        if self._clock() < self._next_sweep:
            return
        moment = now() - _KEPT
        there = [path.name for path in self._folder.iterdir()] if self._folder.is_dir() else []
        for job_id in self._ledger.ended_before(moment, there):
            shutil.rmtree(self._folder / job_id, ignore_errors=True)
        self._ledger.thin(moment)
        self._next_sweep = self._clock() + _SWEEP_EVERY_S

    def _take(self, job: Job, why: str) -> None:
        logger.warning("Job %s: %s", job.id, why)
        # Where it ends now, nothing of it may be left. Where it goes on, who goes on with it looks after that: the
        # worker may only have been slow, and then has to hear first that the job is no longer its own.
        if is_last(job) and not processes.end(job.id):
            return  # the next time
        state = self._ledger.take_from_lost(job, why, left_behind(self._registry, job))
        if state == "queued":
            self._queue.enqueue(job.id)

    def _loss_of(self, job: Job) -> str | None:
        worker = Identity.parse(job.worker or "")
        name = f"{worker.pid} on {worker.host}" if worker else str(job.worker)
        if worker is not None and worker.is_gone():
            return f"The worker that ran it, process {name}, ended without a word."
        heartbeat, since = self._heard.get(job.id, (None, 0.0))
        if heartbeat != job.heartbeat_at:
            self._heard[job.id] = job.heartbeat_at, self._clock()
        elif self._clock() - since > self._silent_after_s:
            return f"The worker that ran it, process {name}, was not heard of for {self._silent_after_s:.0f} s."
        return None
