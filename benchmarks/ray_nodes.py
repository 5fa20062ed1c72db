"""A Ray cluster of this machine for measuring: a head that computes nothing, and nodes bound to a core each."""

import contextlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from benchmarks.processes import ROOT, free_port

_LONGEST_START_S = 120


@contextlib.contextmanager
def ray_nodes(folder: Path, count: int) -> Iterator[tuple[str, dict[str, str]]]:
    """So many nodes beside the head, gone at the end; the address, and what whoever uses it has in the environment."""
    (folder / "token").write_text(secrets.token_hex(16))
    variables = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(folder / "token"),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",
        "RAY_raylet_start_wait_time_s": str(_LONGEST_START_S),
        "PYTHONPATH": str(ROOT),
    }
    address = f"127.0.0.1:{free_port()}"
    running: list[subprocess.Popen[bytes]] = []
    try:
        for number in range(count + 1):
            running.append(_node(folder, number, address, variables))
            _wait_for(running[-1], folder / f"{number}.log")
        yield address, variables
    finally:
        for process in running:
            for child in psutil.Process(process.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
            process.kill()
            process.wait()


def _node(folder: Path, number: int, address: str, variables: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    lowest = 20_000 + 100 * secrets.randbelow(120)  # below those that free_port gives
    place = ["--head", f"--port={address.rpartition(':')[2]}", f"--ray-client-server-port={free_port()}"]
    words = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", f"--num-cpus={min(number, 1)}"]
    words += place if number == 0 else [f"--address={address}"]
    words += ["--node-ip-address=127.0.0.1", "--object-store-memory=134217728", "--disable-usage-stats"]
    words += [f"--temp-dir={folder}/{number}", f"--min-worker-port={lowest}", f"--max-worker-port={lowest + 99}"]
    with (folder / f"{number}.log").open("wb") as log:
        node = subprocess.Popen(words, stdout=log, stderr=log, env={**os.environ, **variables}, start_new_session=True)
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(node.pid, {cores[-number % len(cores)]})  # the head's is the last that a node takes
    return node


def _wait_for(node: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _LONGEST_START_S
    while "Ray runtime started" not in (said := log.read_text(errors="replace")):
        if time.monotonic() > deadline or node.poll() is not None:
            raise TimeoutError(f"a node of Ray does not start: {said[-1000:]}")
        time.sleep(0.2)
