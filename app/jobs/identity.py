"""Who a worker is, so that another one can tell whether it still lives.

Written as `host:boot:namespace:pid:start`. A process id alone would not do: it is given again, and containers have
their own.
"""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Identity:
    """A process, told from every other one, also of another machine and after a restart."""

    host: str
    """For people; containers may share a name."""
    place: str
    """The boot of the machine and the namespace in which process ids count."""
    pid: int
    start: int
    """When it began, in clock ticks since the boot."""

    @classmethod
    def of_this_process(cls) -> Self:
        """Who asks."""
        return cls(socket.gethostname().replace(":", "-")[:100], _place(), os.getpid(), start_of(os.getpid()) or 0)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """From its text; None where that is none."""
        parts = text.split(":")
        if len(parts) != 5 or not (parts[3].isdigit() and parts[4].isdigit()):
            return None
        return cls(parts[0], f"{parts[1]}:{parts[2]}", int(parts[3]), int(parts[4]))

    def __str__(self) -> str:
        return f"{self.host}:{self.place}:{self.pid}:{self.start}"

    def is_gone(self) -> bool:
        """Whether it surely lives no more. False also where that cannot be seen from here."""
        return self.place == _place() and start_of(self.pid) != self.start


def start_of(pid: int) -> int | None:
    """When a process began, in clock ticks since the boot; None where there is none, or a dead one not yet reaped."""
    fields = stat_of(pid)
    return None if fields is None or fields[0] in ("Z", "X") else int(fields[19])


def stat_of(pid: int) -> list[str] | None:
    """`/proc/<pid>/stat` from the state on (proc_pid_stat(5), field 3); None where there is no such process."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()  # the name before it may hold anything


def _place() -> str:
    boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    namespace = (_PROC / "self/ns/pid").readlink().name
    return f"{boot}:{''.join(filter(str.isdigit, namespace))}"
