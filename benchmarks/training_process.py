"""A training process beside the service, as its worker starts one: niced, one thread; stopped until it is wanted."""

import contextlib
import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from benchmarks.processes import StartError, environment

NICE = 10
"""As TERCET_TRAINING_NICE."""
_ROWS = 4000
_LABELS = ("a", "b", "c")
_LONGEST_START_S = 180.0


class Trainer:
    """A training process that is stopped but for the time that it is wanted."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        """It learns while the block runs. Raises `StartError` where it has ended meanwhile."""
        os.killpg(self._process.pid, signal.SIGCONT)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGSTOP)
        if self._process.poll() is not None:
            raise StartError("the training process ended too early")


@contextlib.contextmanager
def training_process(texts: Sequence[str], cores: Collection[int]) -> Iterator[Trainer]:
    """A process that learns `texts` on `cores`, in the midst of its epochs, and ends with the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _write_rows(folder / "rows.csv", texts)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                _command(folder, cores),
                cwd=folder,
                env=environment({}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            _wait_for_an_epoch(process, folder / "log")
            os.killpg(process.pid, signal.SIGSTOP)
            yield Trainer(process)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _command(folder: Path, cores: Collection[int]) -> list[str]:
    options = ["--epochs", "10000", "--patience", "10000", "--threads", "1", "--vectors", "none", "--json"]
    places = ["--models", str(folder / "models"), "--cache", str(folder / "cache")]
    prefix = ["taskset", "--cpu-list", ",".join(map(str, cores)), "nice", "-n", str(NICE)]
    return [*prefix, sys.executable, "-m", "training", "train", "--data", str(folder / "rows.csv"), *options, *places]


def _write_rows(path: Path, texts: Sequence[str]) -> None:
    """Rows of different texts: each is the words of one of `texts` in another order."""
    order = random.Random(0)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        for number in range(_ROWS):
            words = texts[number % len(texts)].split()
            order.shuffle(words)
            rows.writerow([" ".join([*words, str(number)]), _LABELS[number % len(_LABELS)]])


def _wait_for_an_epoch(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _LONGEST_START_S
    while time.monotonic() < deadline and process.poll() is None:
        if '"epoch":' in log.read_text(errors="replace"):
            return
        time.sleep(0.2)
    raise StartError(f"the training process does not begin: {log.read_text(errors='replace')[-1000:]}")
