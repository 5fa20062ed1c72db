"""Records of jobs, as an API process and a worker see them; and logging as it was before."""

import logging
import sys
import threading

import pytest

from app.jobs.ledger import Ledger
from app.jobs.store import JobStore
from app.logs.setup import LineHandler


@pytest.fixture
def store(database):
    """What an API process writes and reads."""
    return JobStore(database)


@pytest.fixture
def ledger(database):
    """What one worker writes."""
    return Ledger(database, "worker-1")


@pytest.fixture(autouse=True)
def _logging_as_before():
    """A command that runs in this process sets its logging up, and with it that of all tests after it."""
    root = logging.getLogger()
    level, hooks = root.level, (sys.excepthook, threading.excepthook)
    yield
    for handler in [each for each in root.handlers if isinstance(each, LineHandler)]:
        root.removeHandler(handler)
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        sys.excepthook, threading.excepthook = hooks
