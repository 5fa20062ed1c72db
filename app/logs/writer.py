"""Lines to standard error: at once, or gathered for a moment and written by a thread, off the event loop.

Several processes share one standard error. A write of up to PIPE_BUF bytes to a pipe is whole or not at all, so lines
are written in blocks of that size; only a longer line may meet another process's.
"""

import atexit
import contextlib
import os
import select
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

GATHER_S = 0.25
_BLOCK_BYTES = 1 << 16
"""To a file, which takes any size in one go."""
_MOST_WAITING = 100_000
"""Lines that wait while nobody reads standard error; further ones are counted and dropped, as memory is not endless."""


class LineWriter:
    """Writes lines to a file descriptor, in order. For any thread."""

    def __init__(self, descriptor: int, lost: Callable[[int], str] = "{} lines were lost\n".format) -> None:
        """`lost` makes the line that says how many could not be kept."""
        self._descriptor, self.lost_line = descriptor, lost
        self.render: Callable[[Any], str] = str
        """Makes a line of what was put."""
        self._block_bytes = select.PIPE_BUF if _is_pipe(descriptor) else _BLOCK_BYTES
        self._waiting: deque[Any] = deque()
        self._lost = 0
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._thread: threading.Thread | None = None

    def put(self, said: Any) -> None:
        """Have what `render` makes of `said` written within a moment. From one thread, the event loop's.

        Lines are made in the thread that writes, many at a stretch: in between requests each takes three times as long.
        """
        if len(self._waiting) >= _MOST_WAITING:
            self._lost += 1
            return
        self._waiting.append(said)
        if not self._some.is_set():
            self._some.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="log", daemon=True)
                self._thread.start()

    def write(self, line: str) -> None:
        """Write `line` now, after those that wait."""
        self.flush(line)

    def flush(self, *last: str) -> None:
        """Write what waits, and `last`. Where standard error is closed they are lost, and nothing else happens."""
        with self._lock:
            lines = [self.render(self._waiting.popleft()) for _ in range(len(self._waiting))]
            lost, self._lost = self._lost, 0
            if lost:
                lines.append(self.lost_line(lost))
            with contextlib.suppress(OSError):
                for block in blocks([*lines, *last], self._block_bytes):
                    _write_all(self._descriptor, block)

    def _work(self) -> None:
        while True:
            self._some.wait()
            time.sleep(GATHER_S)
            self._some.clear()
            self.flush()


@cache
def standard_error() -> LineWriter:
    """The writer of this process, on a descriptor of its own: number 2 is now and then redirected for TensorFlow."""
    writer = LineWriter(os.dup(2))
    atexit.register(writer.flush)
    return writer


def blocks(lines: Sequence[str], most_bytes: int) -> Iterator[bytes]:
    """The bytes of `lines` in pieces of whole lines, each of so many bytes at most; longer lines are by themselves."""
    block: list[bytes] = []
    size = 0
    for line in lines:
        encoded = line.encode("utf-8", "backslashreplace")
        if block and size + len(encoded) > most_bytes:
            yield b"".join(block)
            block, size = [], 0
        block.append(encoded)
        size += len(encoded)
    if block:
        yield b"".join(block)


def _is_pipe(descriptor: int) -> bool:
    try:
        return not stat.S_ISREG(os.fstat(descriptor).st_mode)
    except OSError:  # it is closed
        return True


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:  # another program made the shared descriptor so
            select.select([], [descriptor], [])
