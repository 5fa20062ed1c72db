"""Who watches a run: a person sees bars and lines on standard error, a machine reads JSON lines on standard output."""

import sys
import time
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from model.run_events import line_of
from training.data.problems import InvalidDataError
from training.progress import Progress

REPORT_EVERY_S = 0.25


class Watcher(Progress, Protocol):
    """A `Progress` that is also told how the run ended."""

    def result(self, content: dict[str, Any], text: str, alarm: str = "") -> None:
        """What came out: `content` for machines, `text` for people, who get to see `alarm` in red."""

    def error(self, message: str, cause: BaseException | None = None) -> None:
        """The run failed, because of `cause` where there is an exception."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""


class Terminal:
    """For a person: a bar for the stage at work and a line for each that is over on standard error, the result on
    standard output. Lines rather than bars, so that fifty epochs fit a screen, and a log shows them as they end.
    """

    def __init__(self) -> None:
        self._errors = Console(stderr=True, highlight=False, markup=False)
        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}", markup=False),
            console=self._errors,
            transient=True,
            disable=not self._errors.is_terminal,
        )
        self._stage: TaskID | None = None

    def stage(self, name: str, total: int | None = None, *, epoch: int | None = None, of: int | None = None) -> None:
        """See `Progress.stage`."""
        self._finish()
        self._stage = self._bars.add_task(name, total=total, figures="")

    def advance(self, done: int, **figures: float) -> None:
        """See `Progress.advance`."""
        if self._stage is not None:
            text = "  ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in figures.items())
            self._bars.update(self._stage, completed=done, figures=text)

    def note(self, message: str) -> None:
        """See `Progress.note`."""
        self._finish_if_complete()
        self._errors.print(message, style="dim", soft_wrap=True)

    def warn(self, message: str) -> None:
        """See `Progress.warn`."""
        self._finish_if_complete()
        self._errors.print(f"warning: {message}", style="yellow", soft_wrap=True)

    def result(self, content: dict[str, Any], text: str, alarm: str = "") -> None:
        """See `Watcher.result`."""
        self._finish()
        self._bars.stop()
        out = Console(highlight=False, markup=False)
        out.print(text, soft_wrap=True)
        if alarm:
            out.print(alarm, style="bold red", soft_wrap=True)

    def error(self, message: str, cause: BaseException | None = None) -> None:
        """See `Watcher.error`."""
        self._bars.stop()
        self._errors.print(f"error: {message}", style="bold red", soft_wrap=True)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def _finish_if_complete(self) -> None:
        """A message after a stage belongs below its line; one in the midst of it, such as a retry, leaves the bar."""
        if self._stage is not None and (self._bars.tasks[0].total is None or self._bars.tasks[0].finished):
            self._finish()

    def _finish(self) -> None:
        if self._stage is None:
            return
        (task,) = self._bars.tasks
        self._bars.remove_task(self._stage)
        self._stage = None
        line = (task.description, task.fields["figures"], f"{task.elapsed or 0.0:.1f} s")
        self._errors.print("  ".join(filter(None, line)), soft_wrap=True)


class JsonLines:
    """For a machine: the lines of `model.run_events`."""

    def __init__(self) -> None:
        self._stage: dict[str, Any] = {"stage": "", "total": None}
        self._last_s = 0.0

    def stage(self, name: str, total: int | None = None, *, epoch: int | None = None, of: int | None = None) -> None:
        """See `Progress.stage`."""
        self._stage, self._last_s = {"stage": name, "total": total}, 0.0
        if epoch is not None:
            self._stage |= {"epoch": epoch, "of": of}
        self._say("stage", **self._stage)

    def advance(self, done: int, **figures: float) -> None:
        """See `Progress.advance`; at most one line each `REPORT_EVERY_S`, but always the last of a stage."""
        now = time.monotonic()
        if done != self._stage["total"] and now - self._last_s < REPORT_EVERY_S:
            return
        self._last_s = now
        self._say("progress", **self._stage, done=done, **figures)

    def note(self, message: str) -> None:
        """See `Progress.note`."""
        self._say("note", message=message)

    def warn(self, message: str) -> None:
        """See `Progress.warn`."""
        self._say("warning", message=message)

    def result(self, content: dict[str, Any], text: str, alarm: str = "") -> None:
        """See `Watcher.result`; `content` says what `alarm` does."""
        self._say("result", **content)

    def error(self, message: str, cause: BaseException | None = None) -> None:
        """See `Watcher.error`."""
        content: dict[str, Any] = {} if cause is None else {"type": type(cause).__name__}
        if isinstance(cause, InvalidDataError):
            content["problems"] = [problem.as_dict() for problem in cause.problems]
        self._say("error", message=message, **content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.stdout.flush()

    @staticmethod
    def _say(event: str, **content: Any) -> None:
        sys.stdout.write(line_of(event, **content) + "\n")
        sys.stdout.flush()
