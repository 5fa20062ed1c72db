"""Seconds from the start of the process to a ready service, beside those of `import tensorflow`."""

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks.peers.catalogue import TERCET
from benchmarks.processes import LONGEST_START_S, environment, free_port, on_core, running

_POLL_EVERY_S = 0.01
_IMPORT = "import tensorflow"


def measure(rounds: int, core: int) -> dict[str, Any]:
    """Start and import in turn: with everything on one core, and on any."""
    return {"on one core": _compare(rounds, core), "on all cores": _compare(rounds, None)}


def _compare(rounds: int, core: int | None) -> dict[str, float]:
    import_seconds(core)  # or the first would be the one that reads the files from the disk
    pairs = [(ready_seconds(core), import_seconds(core)) for _ in range(rounds)]
    return {
        "ratio": statistics.median(a / b for a, b in pairs),
        "ready_s": statistics.median(a for a, _ in pairs),
        "import_s": statistics.median(b for _, b in pairs),
    }


def import_seconds(core: int | None) -> float:
    """A Python that imports TensorFlow and ends."""
    command = [*on_core(core), sys.executable, "-c", _IMPORT]
    return _seconds(lambda: subprocess.run(command, check=True, env=environment({}), stderr=subprocess.DEVNULL))


def ready_seconds(core: int | None) -> float:
    """The service with an empty data folder, from its start to the first 200 of /health/ready."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        variables = TERCET.variables_for(port, folder)
        began = time.perf_counter()
        with running(TERCET.command(port, folder), port, folder, core, variables):
            while time.perf_counter() - began < LONGEST_START_S:
                if _ready(port):
                    return time.perf_counter() - began
                time.sleep(_POLL_EVERY_S)
    raise TimeoutError("the service does not get ready")


def _ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=1)
    with contextlib.suppress(OSError), contextlib.closing(connection):
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    return False


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
