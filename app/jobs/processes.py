"""The processes of a job on this machine: finding and ending every one, whoever started them.

A job's training leads a process group and has the job's id in its environment, which whatever it starts inherits. So
those are found too that outlived their worker, or left the group.
"""

import contextlib
import os
import signal
import time

import psutil

from app.jobs.identity import is_dead

MARK = "TERCET_JOB"
"""The variable in the environment of a job's processes."""
GRACE_S = 4.0
"""From SIGTERM to SIGKILL. A cancelled job has to be gone after ten seconds."""
_POLL_S = 0.05
_LONGEST_KILL_S = 5.0
"""After SIGKILL; longer only where the kernel itself is stuck, as on a dead network disk."""


def of_job(job_id: str, group: int | None = None) -> list[int]:
    """The living processes of a job, by the mark, or by the process group while its leader is not reaped."""
    return [process.pid for process in psutil.process_iter() if _belongs(process, job_id, group)]


def end(job_id: str, group: int | None = None, grace_s: float = GRACE_S) -> bool:
    """SIGTERM, then SIGKILL to whatever is left; whether nothing was left then. The caller reaps its child."""
    return _until_none(job_id, group, signal.SIGTERM, grace_s) or kill(job_id, group)


def kill(job_id: str, group: int | None = None) -> bool:
    """SIGKILL to all; whether nothing is left."""
    return _until_none(job_id, group, signal.SIGKILL, _LONGEST_KILL_S)


def _until_none(job_id: str, group: int | None, number: signal.Signals, limit_s: float) -> bool:
    deadline = time.monotonic() + limit_s
    told: set[int] = set()
    while pids := of_job(job_id, group):
        for pid in set(pids) - told:  # those that came since among them
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        told.update(pids)
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _belongs(process: psutil.Process, job_id: str, group: int | None) -> bool:
    try:
        if process.pid == os.getpid() or is_dead(process):
            return False
        return os.getpgid(process.pid) == group or process.environ().get(MARK) == job_id
    except (psutil.Error, OSError):  # another user's, or gone
        return False
