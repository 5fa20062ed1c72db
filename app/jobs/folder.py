"""`$TERCET_DATA/jobs/<id>/`: what a job needs on disk, and the lock that lets one run of it go on at a time.

The training process inherits the lock, and the worker then lets go of it: so it is held as long as a process of the
training lives, and not by a worker that stands still.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

JOBS = "jobs"


class JobFolder:
    """The folder of one job."""

    def __init__(self, data: Path, job_id: str) -> None:
        self.path = data / JOBS / job_id

    @property
    def log(self) -> Path:
        """What the trainings said on standard error."""
        return self.path / "training.log"

    @property
    def feedback(self) -> Path:
        """The feedback that joins the data, as it was when the job began."""
        return self.path / "feedback.jsonl"

    def make(self) -> None:
        """Have the folder. Raises `OSError`."""
        self.path.mkdir(parents=True, exist_ok=True)

    def lock(self) -> int | None:
        """A file descriptor that holds the lock; None where another run has it."""
        descriptor = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor


@contextlib.contextmanager
def held(descriptor: int) -> Iterator[int]:
    """Let go of a lock at the end of the block. Processes that inherited it keep it."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)
