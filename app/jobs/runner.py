"""Runs jobs, one at a time: claims one, has it trained, and records how it ended."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app import pipeline_command
from app.feedback.store import FeedbackStore
from app.jobs import processes, training_command
from app.jobs.attempt import Attempt
from app.jobs.ending import Ending
from app.jobs.folder import JobFolder, held
from app.jobs.heart import REFUSALS, TROUBLE, Heart
from app.jobs.ledger import Hold, Ledger
from app.jobs.order import TrainingOrder
from app.jobs.queue import JobQueue
from app.jobs.registered import left_behind
from app.jobs.training_process import TrainingProcess
from app.logs.context import BoundJob, bound
from app.settings import Settings
from app.storage.database import Database
from app.storage.tables import Job
from app.tracing.jobs import JobTraces, variables
from model.errors import TercetError
from model.registry import Registry

_FOREIGN_RUN_S = 5.0
"""What an earlier run of the same job gets to end by itself: its worker is gone, which it notices at once."""
_RETRY_S = 1.0
_AFTER_TROUBLE_S = 5.0
"""Before a job goes back to the queue that the database's trouble kept from beginning: it comes again at once."""

logger = logging.getLogger(__name__)


class Runner:
    """Of one worker. `stop` may be called from another thread or a signal handler."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        ledger: Ledger,
        queue: JobQueue,
        command: Sequence[str] = pipeline_command.COMMAND,
        traces: JobTraces | None = None,
    ) -> None:
        self._settings, self._database, self._ledger = settings, database, ledger
        self._queue, self._command, self._traces = queue, command, traces
        self._registry = Registry(settings.models_folder)
        self._stop = threading.Event()
        self.busy = False

    def stop(self) -> None:
        """Have the job that runs go back to the queue, and take no further one."""
        self._stop.set()

    def run(self, job_id: str) -> None:
        """Run a job, if it is queued, until it has ended or somebody else has to go on with it."""
        if self._stop.is_set():
            return
        self.busy = True
        try:
            job = self._ledger.claim(job_id)
            if job is not None:
                self._watched(job)
        except TROUBLE as error:
            logger.warning("Job %s cannot be begun now; it is tried again: %s", job_id, error)
        finally:
            self.busy = False

    def _watched(self, job: Job) -> None:
        """Run it with its name in every line of the log, and as a span of its trace."""
        trace = self._traces.begin(job.request.get("traceparent")) if self._traces else None
        token = bound.set(BoundJob(job.id, trace))
        began = time.perf_counter()
        ending: Ending | None = None
        try:
            ending = self._run(job)
        finally:
            bound.reset(token)
            if self._traces is not None and trace is not None:
                failed = ending is None or ending.how == "failed"
                self._traces.ended(trace, began, dict(_attributes(job, ending)), failed=failed)

    def _run(self, job: Job) -> Ending:
        logger.info("Job %s begins (attempt %d)", job.id, job.attempts)
        heart = Heart(self._ledger, job.id)
        try:
            ending = self._attempt(job, heart)
        except TROUBLE as error:
            logger.warning("Job %s cannot be begun now: %s", job.id, error)
            self._stop.wait(_AFTER_TROUBLE_S)
            ending = Ending("stopped")
        except Exception as error:
            logger.exception("Job %s failed in the worker", job.id)
            processes.end(job.id)
            message = str(error) if isinstance(error, TercetError | OSError) else f"{type(error).__name__}: {error}"
            ending = Ending("failed", error=f"The worker could not run the training: {message}")
        self._record(job, ending, heart)
        return ending

    def _attempt(self, job: Job, heart: Heart) -> Ending:
        try:
            order = TrainingOrder.model_validate(job.request)
        except ValidationError:
            return Ending("failed", error="The order was recorded by another version of Tercet; ask for it again.")
        data = self._settings.datasets_folder / order.dataset.file
        if not data.is_file():
            return Ending("failed", error=f"The content of data set {order.dataset.name!r} is gone: {data}.")
        folder = JobFolder(self._settings.data, job.id)
        folder.make()
        lock = self._lock(job.id, folder, heart)
        if isinstance(lock, Ending):
            return lock
        with held(lock):
            feedback = self._feedback(order, folder)
            arguments = training_command.arguments(job.id, order, self._settings, feedback)
            command = [*self._command, *arguments]
            process = TrainingProcess(job.id, command, folder, lock, self._settings, _variables())
        logger.info("Job %s is trained by process %d", job.id, process.pid)
        return Attempt(process, heart, folder, self._stop).watch()

    def _lock(self, job_id: str, folder: JobFolder, heart: Heart) -> int | Ending:
        """The folder's lock; or how it ends before we have it."""
        waited_s, ended = 0.0, False
        while (lock := folder.lock()) is None:
            hold = heart.beat_when_due()
            if hold is not Hold.OURS:
                processes.end(job_id)
                return Ending("lost" if hold is Hold.LOST else "cancelled")
            if waited_s > _FOREIGN_RUN_S and not ended:
                heart.tell("warning", "An earlier run of this job was still alive, and is ended.")
                ended = processes.end(job_id)
            if self._stop.wait(0.1):
                return Ending("stopped")
            waited_s += 0.1
        return lock

    def _feedback(self, order: TrainingOrder, folder: JobFolder) -> Path | None:
        """The file of the feedback, the same for each attempt."""
        if not order.include_feedback:
            return None
        if not folder.feedback.exists():
            FeedbackStore(self._database).export(folder.feedback)
        return folder.feedback

    def _record(self, job: Job, ending: Ending, heart: Heart) -> None:
        # Its error may quote what it was trained on: the record of the job has it, the log only where it has texts.
        shown = f" ({ending.error})" if ending.error and self._settings.log_texts else ""
        logger.info("Job %s: %s%s", job.id, ending.how, shown)
        if ending.how == "lost":
            return
        if ending.how == "stopped":
            self._insist(job.id, heart, lambda: self._ledger.give_back(job.id))
            self._queue.enqueue(job.id)
            return
        result = None if ending.content is None else result_of(ending.content, heart.warnings)
        error = ending.error
        if result is None:
            error = " ".join(filter(None, (error, left_behind(self._registry, job)))) or None
        self._insist(job.id, heart, lambda: self._ledger.finish(job.id, ending.how, result=result, error=error))
        self._prune(job)

    def _insist(self, job_id: str, heart: Heart, write: Callable[[], bool]) -> None:
        """Write how it ended, however long the database is in trouble; the worker's end alone ends that.

        Whoever goes on with the job then finds what it did: a training knows its own version by the job's id.
        """
        while True:
            try:
                heart.flush()
                if not write():
                    logger.warning("Job %s was given to another worker meanwhile", job_id)
            except REFUSALS as error:
                logger.exception("How job %s ended is no record", job_id)
                heart.forget()
                reason = f"The database does not take what the training said: {type(error).__name__}."
                write = partial(self._ledger.finish, job_id, "failed", error=reason)
                if self._stop.wait(_RETRY_S):
                    return
            except TROUBLE as error:
                logger.warning("How job %s ended cannot be recorded yet: %s", job_id, error)
                if self._stop.wait(_RETRY_S):
                    return
            else:
                return

    def _prune(self, job: Job) -> None:
        model = job.request.get("model")
        try:
            if isinstance(model, str) and self._registry.versions(model):
                self._registry.prune(model, self._settings.keep_versions)
        except (TercetError, OSError) as error:
            logger.warning("Old versions of %s cannot be deleted: %s", model, error)


def _variables() -> Mapping[str, str]:
    """What the training gets of the trace that this job is in."""
    owner = bound.get()
    return {} if owner is None else variables(owner.trace)


def _attributes(job: Job, ending: Ending | None) -> Iterator[tuple[str, str | int]]:
    yield "tercet.job.id", job.id
    yield "tercet.job.attempt", job.attempts
    yield "tercet.job.outcome", "lost" if ending is None else ending.how
    if isinstance(model := job.request.get("model"), str):
        yield "tercet.model.name", model
    version = ending.content.get("version") if ending and ending.content else None
    if isinstance(version, int):
        yield "tercet.model.version", version
    if ending is None or ending.how == "failed":
        yield "error.type", "training_failed"


def result_of(content: dict[str, Any], warnings: Sequence[str]) -> dict[str, Any]:
    """What a job keeps of a training's result."""
    promotion = content.get("promotion") or {"promoted": False, "reason": "Nothing was said of it.", "replaced": None}
    kept = ("version", "comparison", "evaluation", "baseline", "vectors", "feedback")
    return {
        **{name: content.get(name) for name in kept},
        "model": content.get("name"),
        "promotion": promotion,
        "promoted": bool(promotion.get("promoted")),
        "warnings": list(warnings),
    }
