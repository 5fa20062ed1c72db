"""How a training ended, in words that say what to do."""

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from model.run_events import Failure

_TAIL_BYTES = 8192
_TAIL_LINES = 3
_LONGEST_LINE = 300
_MEMORY = ("MemoryError", "std::bad_alloc", "Cannot allocate memory", "ResourceExhaustedError", "RESOURCE_EXHAUSTED")
_OUT_OF_MEMORY = "Memory ran out. Give the worker more of it, or train on fewer rows or with a smaller preset."


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of an attempt."""

    how: Literal["succeeded", "failed", "cancelled", "stopped", "lost"]
    """`stopped`: the worker has to end. `lost`: the job is another worker's now, or ended."""
    content: dict[str, Any] | None = None
    """Of the result, where it succeeded."""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Exit:
    """What is known of a process that ended without a result."""

    code: int
    """Below 0: the number of the signal."""
    failure: Failure | None
    """What it said itself."""
    log: Path
    log_begin: int
    """Where what it wrote to standard error begins."""
    memory_kills: int
    """Processes on this machine that the kernel killed for lack of memory meanwhile."""

    def in_words(self) -> str:
        """Why it failed: its own words, where it has any."""
        said = self._last_lines()
        if self.failure is not None:
            out = self.failure.type == "MemoryError" or any(sign in self.failure.message for sign in _MEMORY)
            return f"{_OUT_OF_MEMORY} ({self.failure.message})" if out else self.failure.message
        if self.code == -signal.SIGKILL and self.memory_kills:
            return f"{_OUT_OF_MEMORY} (The kernel killed the training: SIGKILL.)"
        if any(sign in said for sign in _MEMORY):
            return f"{_OUT_OF_MEMORY} ({said})"
        if self.code == 0:
            return f"The training ended without a result.{_quoted(said)}"
        if self.code < 0:
            return f"The training was ended by {_signal_name(-self.code)}{_who(-self.code)}.{_quoted(said)}"
        return f"The training ended with exit code {self.code}.{_quoted(said)}"

    def _last_lines(self) -> str:
        try:
            with self.log.open("rb") as log:
                size = log.seek(0, 2)
                log.seek(max(self.log_begin, size - _TAIL_BYTES))
                text = log.read().decode(errors="replace")
        except OSError:
            return ""
        lines = [line.strip()[:_LONGEST_LINE] for line in text.splitlines() if line.strip()]
        return " / ".join(lines[-_TAIL_LINES:])


def _quoted(said: str) -> str:
    return f" The last that it said: {said}" if said else " It said nothing on standard error."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _who(number: int) -> str:
    if number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        return ", which somebody or something outside of Tercet sent"
    return ": it crashed"
