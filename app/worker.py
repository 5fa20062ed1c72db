"""`python -m app.worker`: one of several processes that answer. `app.workers` starts it; it is of no use by itself."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

from app import server
from app.assignment import LONGEST_END_S, Assignment, Report
from app.errors import SettingsError
from app.logs import setup as logs
from app.statistics import Statistics
from model.errors import TercetError


def main() -> None:
    """Serve as the parent says, until it says to end or is gone."""
    report = _reporter()
    line = sys.stdin.readline()
    if not line:
        return
    assignment = Assignment.model_validate_json(line)
    settings = assignment.settings
    _end_with_parent(settings.drain_timeout_s + LONGEST_END_S)
    logs.configure(settings)
    place = server.Place(
        Statistics.attached(assignment.statistics, assignment.row),
        assignment.accept_at_once,
        on_ready=lambda: report(Report()),
    )
    try:
        service = server.serve(settings, socket.socket(fileno=assignment.listener), place)
    except TercetError as error:
        report(Report(failure=str(error), wrong_settings=isinstance(error, SettingsError)))
        sys.exit(1)
    server.end(service)


def _reporter() -> Callable[[Report], None]:
    """A way to the parent, and standard error as standard output for everybody else."""
    pipe = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return lambda report: _write(pipe, report)


def _write(pipe: int, report: Report) -> None:
    try:
        os.write(pipe, report.model_dump_json(exclude_defaults=True).encode() + b"\n")
    except BrokenPipeError:
        return  # the parent is gone, which the end of stdin says as well


def _end_with_parent(grace_s: float) -> None:
    """Drain once stdin ends, as on SIGTERM. A process that then does not end in time is ended."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_s)
        os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()


if __name__ == "__main__":
    main()
