"""A bulk run without TensorFlow in a process of its own, which can be killed; prints its peak memory in KiB."""

import re
import resource
import sys
import time
from pathlib import Path

from app.bulk import run
from app.bulk.job import Job
from app.bulk.progress import Silent
from tests.app.fakes import FakeEngine, fake_serving


class SlowEngine(FakeEngine):
    """Takes its time, and keeps no account of it, which would grow."""

    def __init__(self, seconds):
        super().__init__()
        self._seconds = seconds

    def probabilities(self, ids):
        time.sleep(self._seconds)
        self.batches.clear()
        return super().probabilities(ids)


def peak_kib():
    """The peak memory. Where the system tells it of this program alone: ru_maxrss begins with that of the parent."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(found[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main():
    source, target, seconds = sys.argv[1:]
    run.CHECKPOINT_EVERY_S = 0.02
    serving = fake_serving(SlowEngine(float(seconds)))
    summary = run.run(Job(Path(source), Path(target), 20_000), serving.bundle, lambda _: serving, Silent())
    sys.stdout.write(f"{summary.resumed_rows} {peak_kib()}")


if __name__ == "__main__":
    main()
