"""The process of a training: started in a group of its own, listened to, and ended whole.

What it says on standard output are events; standard error goes to the job's log. It ends by itself when its standard
input does, which is when this process is gone.
"""

import contextlib
import os
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import IO

from app import pipeline_command
from app.jobs import memory_kills, processes
from app.jobs.folder import JobFolder
from app.jobs.identity import start_of
from app.settings import Settings
from model.run_events import RunEvent, parse

_LONGEST_LINE_BYTES = 1 << 20
_LAST_WORDS_S = 2.0
"""How long to listen on after the end: a process that it started may hold the pipe open."""


class TrainingProcess:
    """One attempt at a training."""

    def __init__(
        self,
        job_id: str,
        command: Sequence[str],
        folder: JobFolder,
        lock: int,
        settings: Settings,
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Start it, with `variables` in its environment. Raises `OSError`.

        `lock` is the folder's, which it holds as long as it lives.
        """
        self._job_id = job_id
        self._events: queue.SimpleQueue[RunEvent | None] = queue.SimpleQueue()
        self.memory_kills_before = memory_kills.count()
        with folder.log.open("ab") as log:
            self.log_begin = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=(lock,),
                env=pipeline_command.environment(settings) | {processes.MARK: job_id, **variables},
                process_group=0,
            )
        self._yield_to_others(settings.training_nice)
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        self._listener = threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """The leader of the group."""
        return self._process.pid

    def next_event(self, timeout_s: float) -> RunEvent | None:
        """What it says next; None where that is nothing within the time, or somebody called `wake`."""
        try:
            return self._events.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None

    def wake(self) -> None:
        """Let `next_event` return now."""
        self._events.put(None)

    def has_ended(self) -> bool:
        """Whether the leader has ended. Not reaped before `close`, so that nobody else gets its group's number."""
        return start_of(self._process.pid) is None

    def end(self) -> bool:
        """SIGTERM, then SIGKILL to every process of the job; whether none is left."""
        return processes.end(self._job_id, self._process.pid)

    def close(self) -> tuple[int, list[RunEvent]]:
        """After the end: the exit code as `subprocess` has it, and the last events. Kills who is left."""
        processes.kill(self._job_id, self._process.pid)
        code = self._process.wait()
        self._listener.join(_LAST_WORDS_S)
        if not self._listener.is_alive():
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
        return code, list(self._rest())

    def _rest(self) -> list[RunEvent]:
        events = []
        with contextlib.suppress(queue.Empty):
            while True:
                events.append(self._events.get_nowait())
        return [event for event in events if event is not None]

    def _listen(self, stdout: IO[bytes]) -> None:
        while line := stdout.readline(_LONGEST_LINE_BYTES):
            event = parse(line)
            if event is not None:
                self._events.put(event)
        self.wake()

    def _yield_to_others(self, nice: int) -> None:
        wanted = min(19, os.getpriority(os.PRIO_PROCESS, 0) + nice)
        with contextlib.suppress(OSError):  # it has ended already
            os.setpriority(os.PRIO_PGRP, self._process.pid, wanted)
