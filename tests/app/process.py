"""The real service as a process of its own, for tests that a fake would not convince."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
LONGEST_START_S = 300
LONGEST_END_S = 120


def environment(**variables):
    """This process's, without its settings of the service, and with `variables` (without the prefix).

    No worker for training jobs, no compiling and no delay at the end, unless they say so: seconds of each start.
    """
    variables = {"WORKER": "none", "COMPILE": False, "DRAIN_DELAY_S": 0, **variables}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TERCET_")}
    return inherited | {"PYTHONPATH": str(ROOT)} | {f"TERCET_{name}": str(value) for name, value in variables.items()}


def run(*arguments, cwd, **variables):
    """`python -m app …` until it ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=LONGEST_START_S,
        check=False,
    )


class Service:
    """A service that was started; `log()` is what it has said so far."""

    def __init__(self, process, log_file):
        self.process, self._log_file = process, log_file
        self.url = self.wait_for(r'Listening on ([^\s"]+)')[1]

    def log(self):
        return self._log_file.read_text()

    def wait_until_ready(self):
        self.wait_for(r"Ready: ")

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self):
        return self.process.wait(LONGEST_END_S)

    def wait_for(self, pattern):
        deadline = time.monotonic() + LONGEST_START_S
        while time.monotonic() < deadline:
            if found := re.search(pattern, self.log()):
                return found
            assert self.process.poll() is None, self.log()
            time.sleep(0.05)
        raise AssertionError(f"{pattern!r} did not come: {self.log()}")


@contextlib.contextmanager
def started(folder, *arguments, **variables):
    """A service in `folder` on a free port, ended with the block. It leads a process group, as in a terminal."""
    log_file = folder / "service.log"
    with log_file.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", *arguments],
            cwd=folder,
            env=environment(**{"PORT": 0, **variables}),
            stderr=log,
            stdout=log,
            process_group=0,
        )
    try:
        yield Service(process, log_file)
    finally:
        process.kill()
        process.wait()


def client_of(service):
    return httpx.Client(base_url=service.url, timeout=30, trust_env=False)
