"""A Ray cluster of our own for tests: a head and further nodes of this machine, one core each, gone at the end."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from tests.ports import free_port

ROOT = Path(__file__).parents[1]
_LONGEST_START_S = 120
_STARTS = 3
_WORKER_PORTS = 100
_MEMORY_BYTES = 128 << 20
_AGENTS = ("dashboard-agent-listen", "dashboard-agent-grpc", "metrics-export", "runtime-env-agent")
"""Whose ports a node otherwise learns from themselves, and it ends where a busy machine starts them in over 15 s."""


class Cluster:
    """Nodes by number; 0 is the head."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._folder = folder
        self.address = f"127.0.0.1:{free_port()}"
        token = folder / "token"
        token.write_text(secrets.token_hex(16))
        self.variables = {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(token),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",  # other tests run, too
            "RAY_raylet_start_wait_time_s": str(_LONGEST_START_S),
            "PYTHONPATH": str(ROOT),
            **variables,
        }
        """What whoever uses it has in the environment, too."""
        self._nodes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def environment(self) -> dict[str, str]:
        """This process's, without its settings of the service, for a process that uses the cluster."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TERCET_", "RAY_"))}
        return inherited | self.variables

    def start(self, number: int) -> None:
        """Another node; returns when it is told to start, not when it has."""
        head = (f"--port={self.address.rpartition(':')[2]}", "--include-dashboard=false", "--head")
        place = head if number == 0 else (f"--address={self.address}",)
        clients = (f"--ray-client-server-port={free_port()}",) if number == 0 else ()
        command = (
            *(sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *place, *clients),
            f"--temp-dir={self._folder}/{number}",
            *("--node-ip-address=127.0.0.1", "--num-cpus=1", f"--object-store-memory={_MEMORY_BYTES}"),
            "--worker-port-list=" + ",".join(str(free_port()) for _ in range(_WORKER_PORTS)),
            *("--disable-usage-stats", "--include-log-monitor=false"),
            *(f"--{agent}-port={free_port()}" for agent in _AGENTS),
        )
        with (self._folder / f"node-{number}.log").open("wb") as log:
            self._nodes[number] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment, start_new_session=True
            )

    def fill_up(self, nodes: int = 3) -> None:
        """Have so many, in place of those that were killed."""
        for number in range(nodes):
            if number not in self._nodes:
                self.start(number)
        self.wait()

    def wait(self) -> None:
        """Until all nodes that were started are there; one that does not come up is started anew."""
        for number in sorted(self._nodes):
            for left in reversed(range(_STARTS)):
                if self._came_up(number):
                    break
                assert left, self._logs(number)
                self.kill(number)
                self.start(number)

    def _came_up(self, number: int) -> bool:
        deadline = time.monotonic() + _LONGEST_START_S
        while time.monotonic() < deadline and self._nodes[number].poll() is None:
            if "Ray runtime started" in (self._folder / f"node-{number}.log").read_text():
                return True
            time.sleep(0.1)
        return False

    def _logs(self, number: int) -> str:
        """The ends of what its processes wrote."""
        logs = [self._folder / f"node-{number}.log", *self._folder.glob(f"{number}/session_*/logs/*.*")]
        return "\n".join(f"{log.name}: …{log.read_text(errors='replace')[-1000:]}" for log in logs)

    def kill(self, number: int) -> None:
        """A node and all that runs on it, as when the machine loses its power."""
        node = self._nodes.pop(number)
        with contextlib.suppress(psutil.NoSuchProcess):
            doomed = psutil.Process(node.pid).children(recursive=True)
            node.kill()
            for process in doomed:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        node.wait()

    def stop(self) -> None:
        """All nodes."""
        for number in sorted(self._nodes, reverse=True):
            self.kill(number)
        for process in psutil.process_iter(["cmdline"]):  # what had left its parent
            if any(str(self._folder) in part for part in process.info["cmdline"] or ()):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGKILL)


@contextlib.contextmanager
def running(nodes: int = 3, variables: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """A head and further nodes, with `variables`, for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="ray-") as name:  # short: Ray's sockets are below it
        cluster = Cluster(Path(name), variables or {})
        try:
            for number in range(nodes):
                cluster.start(number)
            cluster.wait()
            yield cluster
        finally:
            cluster.stop()
