"""Memory and file descriptors of the service's processes over time, and whether they grow. Linux."""

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY_S = 2.0
_GROWN_UP_S = 20.0
"""The age from which a process counts: until then it takes in what it will need all its life."""
CALM = 0.25
"""The share of the time after which nothing that answers is killed any more."""
SETTLED = 0.5
"""The share after which growth is measured. A process takes in what two models need side by side with its first swaps,
some 80 MB, and no more with the sixty that follow; those first ones have to be over."""

ROLES = {"serving": "-m app.worker", "worker": "-m app worker", "training": "-m training"}
"""What the command line of a process has in it, by what the process is for."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A look at all processes of one role that live at a time and are no longer new."""

    at_s: float
    role: str
    processes: int
    memory_mb: float
    descriptors: int


@dataclass(frozen=True, slots=True)
class Growth:
    """The least of the first half of the settled time and of its second half."""

    first: float
    second: float

    @property
    def share(self) -> float:
        """0.1 where there was a tenth more."""
        return self.second / self.first - 1


def processes(data: Path) -> dict[int, str]:
    """The role of each living process that was told of our data folder, by its id; others are `parent`."""
    mark = f"TERCET_DATA={data}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found[int(entry.name)] = next((role for role, part in ROLES.items() if part in command), "parent")
    return found


class Watch:
    """Looks now and then until it is cancelled."""

    def __init__(self, data: Path) -> None:
        self._data, self._began = data, time.monotonic()
        self._first_seen: dict[int, float] = {}
        self.samples: list[Sample] = []

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            self.samples += await asyncio.to_thread(lambda: list(self._look()))
            await asyncio.sleep(_EVERY_S)

    def _look(self) -> Iterator[Sample]:
        at_s = time.monotonic() - self._began
        found = processes(self._data)
        self._first_seen = {pid: self._first_seen.get(pid, at_s) for pid in found}
        for role in sorted(set(found.values())):
            pids = [pid for pid, of in found.items() if of == role and at_s - self._first_seen[pid] >= _GROWN_UP_S]
            with contextlib.suppress(OSError):  # one may end meanwhile
                memory_mb = sum(map(_memory_mb, pids))
                yield Sample(at_s, role, len(pids), memory_mb, sum(map(_descriptors, pids)))


def growths(samples: Sequence[Sample], role: str) -> tuple[Growth, Growth]:
    """Of memory in MB and of file descriptors, in the settled time. Raises `ValueError` where there is too little.

    The least counts: a swap holds two models for a while, a request a connection, and only what never goes away again
    is a leak. Times when a process was missing do not count.
    """
    of_role = [sample for sample in samples if sample.role == role]
    whole = max((sample.processes for sample in of_role), default=0)
    end_s = max((sample.at_s for sample in of_role), default=0.0)
    begin_s, middle_s = SETTLED * end_s, (SETTLED + 1) / 2 * end_s
    counted = [sample for sample in of_role if sample.processes == whole and sample.at_s >= begin_s]
    first = [sample for sample in counted if sample.at_s < middle_s]
    second = [sample for sample in counted if sample.at_s >= middle_s]
    if not (first and second):
        raise ValueError(f"{len(of_role)} looks at the processes for {role} are too few")
    return (
        Growth(min(each.memory_mb for each in first), min(each.memory_mb for each in second)),
        Growth(min(each.descriptors for each in first), min(each.descriptors for each in second)),
    )


def _memory_mb(pid: int) -> float:
    """Resident memory that is the process's own."""
    _, resident, shared = map(int, Path(f"/proc/{pid}/statm").read_text().split()[:3])
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))
