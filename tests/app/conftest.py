"""Records of jobs, as an API process and a worker see them."""

import pytest

from app.jobs.ledger import Ledger
from app.jobs.store import JobStore


@pytest.fixture
def store(database):
    """What an API process writes and reads."""
    return JobStore(database)


@pytest.fixture
def ledger(database):
    """What one worker writes."""
    return Ledger(database, "worker-1")
