"""A Redis of our own for tests: in memory, on a free port of this machine, gone at the end."""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import redis

from tests.ports import free_port

PROGRAM = "redis-server"
_WAIT_S = 30


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """The URL of a server for the length of the block."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise RuntimeError("These tests need Redis: apt-get install redis-server; or leave out: -m 'not redis'")
    port = free_port()
    options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), "--daemonize", "no")
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen([program, *options], stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(process, port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _WAIT_S
    with redis.Redis(port=port) as client:
        while True:
            with contextlib.suppress(redis.ConnectionError):
                client.ping()
                return
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
