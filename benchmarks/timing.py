"""How long a call takes, measured in a process of its own, on request, so that rounds of several can alternate.

Standard library and NumPy alone, since peers measure themselves with it in their own environments.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Run = Callable[[NDArray[np.int32]], Any]


def microseconds_a_text(run: Run, ids: NDArray[np.int32], batch: int, seconds: float) -> float:
    """Call `run` with the next `batch` rows of `ids` again and again for `seconds`, after one call that warms up."""
    starts = cycle(range(0, len(ids) - batch + 1, batch))
    run(ids[:batch])
    calls = 0
    began = ended = time.perf_counter()
    while ended - began < seconds:
        start = next(starts)
        run(ids[start : start + batch])
        calls += 1
        ended = time.perf_counter()
    return 1e6 * (ended - began) / (calls * batch)


def answer_requests(folder: Path, runs: Mapping[str, Run], ids: NDArray[np.int32], fact: str = "") -> None:
    """The timed process: writes what each of `runs` gives for all ids to `<name>.npy`, says `fact`, and takes requests.

    A request is a line `NAME BATCH SECONDS` on standard input, its answer the microseconds a text.
    """
    for name, run in runs.items():
        np.save(folder / f"{name}.npy", run(ids))
    print(fact, flush=True)
    for line in sys.stdin:
        name, batch, seconds = line.split()
        print(microseconds_a_text(runs[name], ids, int(batch), float(seconds)), flush=True)


class Timer:
    """A timed process, seen from outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Waits until it is ready. Raises `RuntimeError` where it ends instead."""
        self._requests, self._answers = _stream(process.stdin), _stream(process.stdout)
        self.fact = self._next()

    def measure(self, name: str, batch: int, seconds: float) -> float:
        """Microseconds a text."""
        self._requests.write(f"{name} {batch} {seconds}\n")
        return float(self._next())

    def _next(self) -> str:
        line = self._answers.readline()
        if not line:
            raise RuntimeError("The timed process ended; it says why above.")
        return line.strip()


@contextlib.contextmanager
def timer(command: Sequence[str], **options: Any) -> Iterator[Timer]:
    """The process of `command`, which calls `answer_requests`, ended with the block; `options` are of `Popen`."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1, **options) as process:
        try:
            yield Timer(process)
        finally:
            _stream(process.stdin).close()


def _stream(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
