"""Several processes that answer on one port, and their parent, which starts, watches and ends them.

The parent holds the port and the memory with the counters; it answers nothing and imports neither TensorFlow nor the
web framework. A worker is `app.worker`, a fresh interpreter: TensorFlow does not survive a fork.
"""

import asyncio
import logging
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass

from app.assignment import LONGEST_END_S, Assignment, Report
from app.errors import SettingsError, StartError
from app.jobs.embedded import EmbeddedWorker, embedded_worker
from app.leaving import delay_s
from app.listening import begin_no_connection, url
from app.settings import Settings
from app.statistics import shared_memory
from app.supervision import Backoff

_COMMAND = (sys.executable, "-m", "app.worker")

logger = logging.getLogger(__name__)


def run(settings: Settings, listener: socket.socket) -> bool:
    """Serve with `settings.workers` processes until a signal; whether all of them then ended by themselves.

    Raises `StartError` or `SettingsError` where one cannot start at all, unless the settings say to stay up.
    """
    logger.info("Listening on %s", url(listener))
    with embedded_worker(settings) as companion:
        return asyncio.run(_Workers(settings, listener, companion).run())


@dataclass(frozen=True, slots=True)
class _End:
    """How a worker ended."""

    why: str
    """A sentence."""
    by_signal: bool = False
    wrong_settings: bool = False


class _Workers:
    """The worker processes, each in a row of its own."""

    def __init__(self, settings: Settings, listener: socket.socket, companion: EmbeddedWorker) -> None:
        self._settings, self._listener, self._companion = settings, listener, companion
        self._statistics = shared_memory(settings.workers)
        self._processes: dict[int, Process] = {}
        self._ready_once: set[int] = set()
        self._first_is_ready = asyncio.Event()
        self._stop = asyncio.Event()

    async def run(self) -> bool:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled, number)
        if self._settings.stay_up_without_model:
            self._companion.start()
        keepers = [asyncio.create_task(self._keep(row)) for row in range(self._settings.workers)]
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait([stop, *keepers], return_when=asyncio.FIRST_COMPLETED)
        for task in (stop, *keepers):
            task.cancel()
        results = await asyncio.gather(*keepers, return_exceptions=True)
        all_ended = await self._end()
        for result in results:
            if isinstance(result, Exception):
                raise result
        return all_ended

    def _signalled(self, number: signal.Signals) -> None:
        """Drain; a second Ctrl-C ends at once."""
        if self._stop.is_set() and number == signal.SIGINT:
            self._send(signal.SIGINT)
        self._stop.set()
        self._companion.stop()

    async def _keep(self, row: int) -> None:
        """Have a worker in `row` at all times. Raises `StartError` where its first one cannot start.

        The others begin once that of row 0 is ready: so it is ready the sooner, and what is wrong with the model is
        said once.
        """
        if row > 0:
            await self._first_is_ready.wait()
        backoff = Backoff()
        while True:
            began = time.monotonic()
            end = await self._live(row)
            if self._is_final(row, end):
                raise SettingsError([end.why]) if end.wrong_settings else StartError(end.why)
            delay_s = backoff.delay_s(time.monotonic() - began)
            logger.error("%s Worker %d starts again in %.1f s.", end.why, row + 1, delay_s)
            await asyncio.sleep(delay_s)

    def _is_final(self, row: int, end: _End) -> bool:
        """Whether it is of no use to try again: a first start failed, and not since somebody killed one of several."""
        killed = end.by_signal and self._first_is_ready.is_set()
        return row not in self._ready_once and not killed and not self._settings.stay_up_without_model

    async def _live(self, row: int) -> _End:
        """One worker from its start to its end."""
        try:
            process = await self._start(row)
        except OSError as error:
            return _End(f"No worker process can be started: {error.strerror or error}.")
        assert process.stdout is not None  # noqa: S101 - it was asked for
        line = await process.stdout.readline()
        report = Report.model_validate_json(line) if line else None
        if report is not None and report.failure is None:
            self._note_ready(row)
        code = await process.wait()
        how = signal.Signals(-code).name if code < 0 else f"code {code}"
        if report is not None and report.failure is not None:
            return _End(report.failure, by_signal=code < 0, wrong_settings=report.wrong_settings)
        return _End(f"Worker process {process.pid} ended by {how}.", by_signal=code < 0)

    async def _start(self, row: int) -> Process:
        assignment = self._assignment(row)
        process = await asyncio.create_subprocess_exec(
            *_COMMAND,
            stdin=PIPE,
            stdout=PIPE,
            pass_fds=[assignment.listener, assignment.statistics],
            process_group=0,  # so that a terminal's Ctrl-C is the parent's alone
        )
        self._processes[row] = process
        assert process.stdin is not None  # noqa: S101 - it was asked for
        process.stdin.write(assignment.model_dump_json().encode() + b"\n")
        logger.info("Worker %d of %d is process %d", row + 1, self._settings.workers, process.pid)
        return process

    def _assignment(self, row: int) -> Assignment:
        first = row == 0 and not self._ready_once  # nobody else answers yet, so this one says that the model loads
        stay_up = first and self._settings.stay_up_without_model
        return Assignment(
            settings=self._settings.model_copy(update={"stay_up_without_model": stay_up}),
            listener=self._listener.fileno(),
            statistics=self._statistics,
            row=row,
            accept_at_once=first,
        )

    def _note_ready(self, row: int) -> None:
        if row == 0:
            self._first_is_ready.set()
            self._companion.start()
        if row not in self._ready_once:
            self._ready_once.add(row)
            if len(self._ready_once) == self._settings.workers:
                logger.info("All %d workers are ready", self._settings.workers)

    async def _end(self) -> bool:
        """Let every worker drain; whether each ended by itself within its time."""
        alive = [process for process in self._processes.values() if process.returncode is None]
        self._send(signal.SIGTERM)
        ends = [asyncio.create_task(process.wait()) for process in alive]
        await self._close_port(ends)
        late = await self._late(ends)
        if late:
            logger.error("%d of %d workers did not end in time and were killed", late, len(ends))
            self._send(signal.SIGKILL)
        # By a signal: one that had not begun to serve.
        return {0, -signal.SIGTERM, -signal.SIGINT}.issuperset(await asyncio.gather(*ends))

    async def _close_port(self, ends: list[asyncio.Task[int]]) -> None:
        """Once the workers close it too, which is after a delay; at once where they are gone."""
        if ends and self._ready_once:
            await asyncio.wait(ends, timeout=delay_s(self._settings))
        begin_no_connection(self._listener)
        self._listener.close()

    async def _late(self, ends: list[asyncio.Task[int]]) -> int:
        if not ends:
            return 0
        _, late = await asyncio.wait(ends, timeout=self._settings.drain_timeout_s + LONGEST_END_S)
        return len(late)

    def _send(self, number: signal.Signals) -> None:
        for process in self._processes.values():
            if process.returncode is None:
                process.send_signal(number)
