"""A lock between processes, held on a file."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def exclusive(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Wait until no other process holds the lock of `folder`, which must be there, and hold it inside the block.

    Raises `BlockingIOError` instead of waiting where `wait` says so.
    """
    with (folder / ".lock").open("a") as file:
        # Released with the file, also when the process is killed.
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
