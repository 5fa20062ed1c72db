"""Who a worker is, so that another one can tell whether it still lives.

Written as `host:boot:namespace:pid:start`. A process id alone would not do: it is given again, and containers have
their own.
"""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

_CLOCK_S = 2
"""By how much two looks at the same process may differ in when it began: the system's clock is set now and then."""
_DEAD = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


@dataclass(frozen=True, slots=True)
class Identity:
    """A process, told from every other one, also of another machine and after a restart."""

    host: str
    """For people; containers may share a name."""
    place: str
    """The boot of the machine and the namespace in which process ids count."""
    pid: int
    start: int
    """When it began, in seconds of Unix time."""

    @classmethod
    def of_this_process(cls) -> Self:
        """Who asks."""
        return cls(_host(), _place(), os.getpid(), start_of(os.getpid()) or 0)

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
        if self.place != _place():
            return False
        start = start_of(self.pid)
        return start is None or abs(start - self.start) > _CLOCK_S


def start_of(pid: int) -> int | None:
    """When a process began, in seconds of Unix time; None where there is none, or a dead one not yet reaped."""
    try:
        process = psutil.Process(pid)
        return None if is_dead(process) else int(process.create_time())
    except psutil.Error:
        return None


def is_dead(process: psutil.Process) -> bool:
    """Whether it has ended and only waits to be reaped. Raises `psutil.Error` where there is none."""
    return process.status() in _DEAD


def _host() -> str:
    return socket.gethostname().replace(":", "-")[:100]


def _place() -> str:
    """On Linux the boot and the namespace; elsewhere, where there are no namespaces, the machine's name."""
    boot, namespace = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    if not boot.exists():
        return f"{_host()}:0"
    return f"{boot.read_text().strip()}:{''.join(filter(str.isdigit, namespace.readlink().name))}"
