"""One attempt at a job, from the start of its training process to the end of all its processes."""

import threading
import time

from app.jobs import memory_kills
from app.jobs.ending import Ending, Exit
from app.jobs.folder import JobFolder
from app.jobs.heart import Heart
from app.jobs.ledger import Hold
from app.jobs.training_process import TrainingProcess
from model.run_events import Advance, Failure, Message, Result, RunEvent, Stage

_POLL_S = 0.2
_END_AFTER_RESULT_S = 15.0
"""What a training may take to end once it has given its result."""
_END_IN_A_HURRY_S = 2.0


class Attempt:
    """Listens to a training, and ends it where it has to end."""

    def __init__(self, process: TrainingProcess, heart: Heart, folder: JobFolder, stop: threading.Event) -> None:
        """`stop` is set when the worker has to end."""
        self._process, self._heart, self._folder, self._stop = process, heart, folder, stop
        self._result: Result | None = None
        self._failure: Failure | None = None
        self._result_came = 0.0

    def watch(self) -> Ending:
        """How it ended. No process of the job is left then, unless it was lost or the worker has to end."""
        while (told := self._told_to_end()) is None:
            self._take(self._process.next_event(min(_POLL_S, self._heart.due_s())))
            self._heart.beat_when_due()
            if self._process.has_ended() or self._hangs():
                break
        while not self._process.end() and told not in ("lost", "stopped"):
            self._heart.beat()
        code, rest = self._process.close() if self._process.has_ended() else (0, [])
        for event in rest:
            self._take(event)
        return self._ending(told, code)

    def _told_to_end(self) -> str | None:
        if self._heart.hold is Hold.LOST:
            return "lost"
        if self._result is not None:
            return None  # it has done what was ordered; what is left takes a moment
        if self._heart.hold is Hold.CANCEL:
            return "cancelled"
        return "stopped" if self._stop.is_set() else None

    def _ending(self, told: str | None, code: int) -> Ending:
        if self._heart.hold is Hold.LOST:  # heard of perhaps only after the end, which then was another's doing
            return Ending("lost")
        if self._result is not None:  # also where it was about to be cancelled: that is what happened
            return Ending("succeeded", content=self._result.content)
        if told == "cancelled":
            return Ending("cancelled")
        if told == "stopped":
            return Ending("stopped")
        kills = memory_kills.count() - self._process.memory_kills_before
        known = Exit(code, self._failure, self._folder.log, self._process.log_begin, kills)
        return Ending("failed", error=known.in_words())

    def _hangs(self) -> bool:
        limit_s = _END_IN_A_HURRY_S if self._stop.is_set() else _END_AFTER_RESULT_S
        return self._result is not None and time.monotonic() - self._result_came > limit_s

    def _take(self, event: RunEvent | None) -> None:
        match event:
            case Stage() | Advance():
                self._heart.take(event)
            case Message():
                self._heart.tell(event.event, event.message)
            case Failure():
                self._failure = event
            case Result():
                self._result, self._result_came = event, time.monotonic()
            case None:
                pass
