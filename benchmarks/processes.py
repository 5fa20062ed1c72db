"""A server as a process of its own: started on one core, watched with all that it starts, and ended with it. Linux."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
LONGEST_START_S = 180.0
LONGEST_ANSWER_S = 300.0
LONGEST_END_S = 15.0
LONGEST_SETTLING_S = 120.0
IDLE = 0.2
"""The share of a core below which a server counts as idle: some never rest."""
_IDLE_WATCHED_S = 3.0
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class StartError(Exception):
    """A server that ended, or did not answer in time; the message is the end of its log."""


class _Entry(NamedTuple):
    """A line of the process table. The start time tells a process from a later one of the same number."""

    pid: int
    parent: int
    session: int
    started: int
    cpu_s: float


@dataclass(frozen=True)
class Server:
    """A server that runs and listens on `port`."""

    process: subprocess.Popen[bytes]
    port: int

    def memory_mb(self) -> float:
        """Resident memory: of one process what it maps, of several their shares (PSS), which count a page once."""
        pids = [entry.pid for entry in self._tree()]
        field = "Rss" if len(pids) == 1 else "Pss"
        return sum(_rollup(pid, field) for pid in pids) / 1024

    def own_memory_mb(self) -> float:
        """Resident memory of the process itself without what it started: quick enough to be asked under load."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def idle_cores(self) -> float:
        """The share of a core that it uses now, with nothing to do."""
        before = self.cpu_s()
        time.sleep(_IDLE_WATCHED_S)
        return (self.cpu_s() - before) / _IDLE_WATCHED_S

    def cpu_s(self) -> float:
        """Processor time so far, of all processes that still live."""
        return sum(entry.cpu_s for entry in self._tree())

    def demanded_s(self) -> float:
        """Time that all its threads ran or waited for their core so far, so that a busy machine does not hide work."""
        return sum(_demanded_s(entry.pid) for entry in self._tree())

    def move_to(self, cores: Collection[int]) -> None:
        """Let all its threads run on `cores` alone; what they start later does too."""
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), cores)

    def post(self, path: str, body: Any) -> Any:
        """The JSON answer to `body` as JSON. Raises `HTTPException` where it is not 200."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_ANSWER_S)
        with contextlib.closing(connection):
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = response.read()
        if response.status != 200:
            raise HTTPException(f"{response.status}: {content[:200]!r}")
        return json.loads(content)

    def _tree(self) -> list[_Entry]:
        """The process, all in its session, and all that these started."""
        table = _process_table()
        tree = {self.process.pid}
        while True:
            found = {e.pid for e in table if e.pid in tree or e.session == self.process.pid or e.parent in tree}
            if found <= tree:
                return [entry for entry in table if entry.pid in tree]
            tree |= found

    def end(self) -> None:
        """Ask it to end, and end whatever is left."""
        tree = self._tree()
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(LONGEST_END_S)
        left = {(entry.pid, entry.started) for entry in tree}
        for entry in _process_table():
            if (entry.pid, entry.started) in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(entry.pid, signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def running(
    command: Sequence[str], port: int, folder: Path, core: int | None, variables: Mapping[str, str]
) -> Iterator[Server]:
    """`command` in `folder` and on `core` (None: on any), in a session of its own, ended with the block."""
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [*on_core(core), *command],
            cwd=folder,
            env=environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = Server(process, port)
    try:
        yield server
    finally:
        server.end()


def on_core(core: int | None) -> list[str]:
    """What goes before a command so that it runs on one core alone; None: on any, whichever this process is on."""
    return ["taskset", "--cpu-list", f"0-{(os.cpu_count() or 1) - 1}" if core is None else str(core)]


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """What this process has without Tercet's settings, our packages to import, and `variables`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TERCET_")}
    return inherited | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"} | dict(variables)


def settle(server: Server) -> None:
    """Return once it has nothing left to do: what it does after its start, or for clients that have gone."""
    deadline = time.monotonic() + LONGEST_SETTLING_S
    while time.monotonic() < deadline:
        before = server.demanded_s()
        time.sleep(0.5)
        if server.demanded_s() - before < 0.5 * IDLE:
            return


def wait_until_answers(server: Server, folder: Path, path: str, body: Any) -> None:
    """Return once `body` gets its answer. Raises `StartError`."""
    deadline = time.monotonic() + LONGEST_START_S
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(OSError, HTTPException):
            server.post(path, body)
            return
        time.sleep(0.1)
    log = (folder / "server.log").read_text(errors="replace")
    raise StartError(f"{' '.join(map(str, server.process.args))} does not answer: {log[-1000:]}")  # type: ignore[arg-type]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _process_table() -> list[_Entry]:
    entries = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # it may end meanwhile
                entries.append(_entry(int(folder.name), (folder / "stat").read_text()))
    return entries


def _entry(pid: int, stat: str) -> _Entry:
    """proc(5): what follows the name in parentheses begins with the third field, the state."""
    fields = stat.rpartition(")")[2].split()
    cpu_s = (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND
    return _Entry(pid, int(fields[1]), int(fields[3]), int(fields[19]), cpu_s)


def _demanded_s(pid: int) -> float:
    """Of each thread /proc says the nanoseconds that it ran, and that it waited to run."""
    nanoseconds = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            ran, waited, _ = path.read_text().split()
            nanoseconds += int(ran) + int(waited)
    return nanoseconds / 1e9


def _rollup(pid: int, field: str) -> int:
    """Kilobytes; 0 of a process that has just ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1])
    return 0
