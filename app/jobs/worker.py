"""The worker: huey's consumer with one thread that runs jobs, and one that looks after what nobody brought it.

Imports neither TensorFlow nor the web framework. On SIGTERM or SIGINT, and with `embedded` also at the end of its
standard input, it puts the job it runs back into the queue and ends.
"""

import logging
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from huey import Huey
from huey.consumer import Consumer, Scheduler

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

LOOK_EVERY_S = 10
_POLL_QUEUE_S = 1.0
_RETRY_S = 2.0

logger = logging.getLogger(__name__)


class Worker:
    """One process that runs jobs, one at a time."""

    def __init__(
        self,
        settings: Settings,
        command: Sequence[str] = pipeline_command.COMMAND,
        silent_after_s: float = SILENT_AFTER_S,
        look_every_s: int = LOOK_EVERY_S,
    ) -> None:
        """Raises `SettingsError`."""
        self._settings, self._look_every_s = settings, look_every_s
        self._database = Database(settings.data, settings.database_url)
        self._ledger = Ledger(self._database, str(Identity.of_this_process()))
        queue = JobQueue(settings)
        self._runner = Runner(settings, self._database, self._ledger, queue, command)
        self._recovery = Recovery(settings, self._ledger, queue, silent_after_s=silent_after_s)
        self._schedule = schedule.Schedule(settings, self._database, schedule.place_with(settings, self._database))
        self._told, self._tell = os.pipe()

    def stop(self) -> None:
        """End in good order. A signal handler may call it, which must not take a lock that its own thread has."""
        os.write(self._tell, b"x")

    def run(self) -> None:
        """Run jobs until `stop`."""
        huey = self._open_queue()
        if huey is None:
            return
        task = training_task(huey, self._runner.run)
        consumer = _Consumer(huey, lambda: self._look(huey, task), self._look_every_s)
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

    def _look(self, huey: Huey, task: Any) -> None:
        """What is not brought by the queue: lost jobs, forgotten ones, old folders, the schedule."""
        try:
            self._recovery.take_lost()
            waiting = None if self._runner.busy else self._ledger.oldest_queued()
            if waiting is not None:
                _bring(huey, task, waiting)
            self._recovery.sweep_disk()
        except TROUBLE as error:
            logger.warning("Jobs cannot be looked at now: %s", error)
        self._schedule.look()

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


class _Consumer(Consumer):  # type: ignore[misc] # huey comes without types
    """huey's consumer, without its signal handlers: the worker's own end a training first."""

    def __init__(self, huey: Huey, look: Callable[[], None], every_s: int) -> None:
        self._look = look
        super().__init__(huey, workers=1, max_delay=_POLL_QUEUE_S, scheduler_interval=every_s)

    def _create_scheduler(self) -> Scheduler:
        return _Scheduler(self._look, huey=self.huey, stop_flag=self.stop_flag, interval=self.scheduler_interval)

    def _set_signal_handlers(self) -> None:
        pass


class _Scheduler(Scheduler):  # type: ignore[misc] # huey comes without types
    """Looks after jobs itself each time. A periodic task of huey would be queued, and wait for a training to end."""

    periodic_task_seconds = 0.1  # less than the interval

    def __init__(self, look: Callable[[], None], **options: Any) -> None:
        self._look = look
        super().__init__(periodic=True, **options)

    def enqueue_periodic_tasks(self, now: Any) -> None:  # noqa: ARG002 - huey's signature
        try:
            self._look()
        except Exception:
            logger.exception("Looking after jobs failed")


def _bring(huey: Huey, task: Any, job_id: str) -> None:
    """Have our own thread run a job that the queue did not bring."""
    try:
        task(job_id)
    except Exception as error:  # noqa: BLE001 - of whatever database it is
        logger.warning("The queue is made anew, since it cannot be used: %s", error)
        huey.storage.close()
        huey.storage.initialize_schema()
        task(job_id)


def run(worker: Worker, *, embedded: bool) -> None:
    """Run a worker in this process until a signal; with `embedded`, also until standard input ends."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    logging.getLogger("huey").setLevel(max(logging.WARNING, logging.getLogger().level))
    if embedded:
        threading.Thread(target=_end_with_parent, args=(worker,), name="parent", daemon=True).start()
    worker.run()


def _end_with_parent(worker: Worker) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    worker.stop()
    time.sleep(LONGEST_END_S)
    os._exit(1)
