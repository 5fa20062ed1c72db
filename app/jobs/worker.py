"""The worker: huey's consumer with one thread that runs jobs, and one that looks after what nobody brought it.

Imports neither TensorFlow nor the web framework. On SIGTERM or SIGINT, and with `embedded` also at the end of its
standard input, it puts the job it runs back into the queue and ends.
"""

import logging
import os
import queue
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import huey.consumer
from huey import Huey
from huey.consumer import Consumer

from app import pipeline_command
from app.errors import SettingsError
from app.jobs import schedule
from app.jobs.heart import TROUBLE
from app.jobs.identity import Identity
from app.jobs.ledger import Ledger
from app.jobs.lifetime import LONGEST_END_S
from app.jobs.queue import JobQueue, open_queue, training_task
from app.jobs.recovery import SILENT_AFTER_S, Recovery
from app.jobs.runner import Runner
from app.settings import Settings
from app.storage.database import Database
from app.tracing.jobs import job_traces

LOOK_EVERY_S = 10
_POLL_QUEUE_S = 1.0
_RETRY_S = 2.0
_FLUSH_S = 1.0
"""How long the end waits for a collector to take the last spans."""

logger = logging.getLogger(__name__)


class Worker:
    """One process that runs jobs, one at a time."""

    def __init__(
        self,
        settings: Settings,
        command: Sequence[str] = pipeline_command.COMMAND,
        silent_after_s: float = SILENT_AFTER_S,
        look_every_s: int = LOOK_EVERY_S,
        heartbeat: Path | None = None,
    ) -> None:
        """`heartbeat` is a file that is touched after each look at the jobs. Raises `SettingsError`."""
        self._settings, self._look_every_s, self._heartbeat = settings, look_every_s, heartbeat
        self._database = Database(settings.data, settings.database_url)
        self._ledger = Ledger(self._database, str(Identity.of_this_process()))
        jobs = JobQueue(settings)
        self._traces = job_traces(settings)
        self._runner = Runner(settings, self._database, self._ledger, jobs, command, self._traces)
        self._recovery = Recovery(settings, self._ledger, jobs, silent_after_s=silent_after_s)
        self._schedule = schedule.Schedule(settings, self._database, schedule.place_with(settings, self._database))
        self._found: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._told, self._tell = os.pipe()

    def stop(self) -> None:
        """End in good order. A signal handler may call it, which must not take a lock that its own thread has."""
        os.write(self._tell, b"x")

    def run(self) -> None:
        """Run jobs until `stop`."""
        opened = self._open_queue()
        if opened is None:
            return
        training_task(opened, self._runner.run)
        consumer = _Consumer(opened, self, self._look_every_s)
        consumer.start()
        logger.info("The training worker is ready, process %d", os.getpid())
        while not self._stopped(self._look_every_s):
            consumer.check_worker_health()
        self._end(consumer)

    def _open_queue(self) -> Huey | None:
        """huey, as soon as its database answers; None where the worker has to end before."""
        complained = False
        while not self._stopped(0 if not complained else _RETRY_S):
            try:
                return open_queue(self._settings)
            except SettingsError:
                raise
            except Exception as error:  # noqa: BLE001 - of whatever database it is
                log = logger.debug if complained else logger.error
                log("The queue cannot be opened; tried again until it can: %s", error)
                complained = True
        return None

    def _stopped(self, timeout_s: float) -> bool:
        """Whether the worker was told to end, at latest after so many seconds."""
        return bool(select.select([self._told], [], [], timeout_s)[0])

    def run_found(self) -> bool:
        """Run a job that the queue did not bring, if one was found."""
        try:
            job_id = self._found.get_nowait()
        except queue.Empty:
            return False
        self._runner.run(job_id)
        return True

    def look(self) -> None:
        """For what the queue does not bring: lost jobs, forgotten ones, old folders, the schedule."""
        try:
            self._recovery.take_lost(lambda: self._runner.busy)
            waiting = None if self._runner.busy else self._ledger.oldest_queued()
            if waiting is not None:
                self._found.put(waiting)
            self._recovery.sweep()
        except TROUBLE as error:
            logger.warning("Jobs cannot be looked at now: %s", error)
        self._schedule.look()
        if self._heartbeat is not None:  # also where the database is away: to start the worker anew would not help
            self._heartbeat.touch()

    def _end(self, consumer: Consumer) -> None:
        logger.info("The training worker ends")
        self._runner.stop()
        consumer.stop_flag.set()
        deadline = time.monotonic() + LONGEST_END_S - 1
        threads = [thread for _, thread in consumer.worker_threads]
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            logger.error("The job could not be given back in time; the next worker takes it up")
        self._database.close()
        if self._traces is not None:
            self._traces.stop(_FLUSH_S)


class _Consumer(Consumer):  # type: ignore[misc] # huey comes without types
    """huey's consumer, without its signal handlers: the worker's own end a training first."""

    def __init__(self, opened: Huey, owner: Worker, look_every_s: int) -> None:
        self._owner = owner
        super().__init__(opened, workers=1, max_delay=_POLL_QUEUE_S, scheduler_interval=look_every_s)

    def _create_worker(self) -> huey.consumer.Worker:
        worker = _Listener(self.huey, self.stop_flag, self.default_delay, self.max_delay, self.backoff)
        worker.owner = self._owner
        return worker

    def _create_scheduler(self) -> huey.consumer.Scheduler:
        scheduler = _Keeper(self.huey, self.stop_flag, self.scheduler_interval, periodic=True)
        scheduler.owner = self._owner
        return scheduler

    def _set_signal_handlers(self) -> None:
        pass


class _Listener(huey.consumer.Worker):  # type: ignore[misc] # huey comes without types
    """Runs what the queue brings, and what was found without it: so a queue that is broken stops nothing."""

    owner: Worker

    def loop(self, now: Any = None) -> None:
        if not self.owner.run_found():
            super().loop(now)


class _Keeper(huey.consumer.Scheduler):  # type: ignore[misc] # huey comes without types
    """Looks after jobs itself each time. A periodic task of huey would be queued, and wait for a training to end."""

    owner: Worker
    periodic_task_seconds = 0.1  # less than the interval

    def enqueue_periodic_tasks(self, now: Any) -> None:  # noqa: ARG002 - huey's signature
        try:
            self.owner.look()
        except Exception:  # the next look may go well; the worker lives on
            logger.exception("Looking after jobs failed")


def run(worker: Worker, *, embedded: bool) -> None:
    """Run a worker in this process until a signal; with `embedded`, also until standard input ends."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    logging.getLogger("huey").setLevel(logging.ERROR)
    for part in ("Worker", "Scheduler"):
        logging.getLogger(f"huey.consumer.{part}").addFilter(_once_a_minute())
    if embedded:
        threading.Thread(target=_end_with_parent, args=(worker,), name="parent", daemon=True).start()
    worker.run()


def _once_a_minute() -> Callable[[logging.LogRecord], bool]:
    """Lets a line through now and then: a queue that cannot be read says so each time."""
    last = -60.0

    def is_due(_record: logging.LogRecord) -> bool:
        nonlocal last
        if time.monotonic() - last < 60:
            return False
        last = time.monotonic()
        return True

    return is_due


def _end_with_parent(worker: Worker) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    worker.stop()
    time.sleep(LONGEST_END_S)
    os._exit(1)
