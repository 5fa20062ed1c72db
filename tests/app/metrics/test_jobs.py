import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from app.errors import StorageError
from app.metrics import jobs
from app.metrics.jobs import JobCounter, JobCounts
from app.storage.tables import Job


@pytest.fixture
def clock(monkeypatch):
    """Moves the time that the counter goes by."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def add(database, *states):
    with database.write() as session:
        session.add_all(
            Job(id=f"{id(states)}-{number}", state=state, request={}) for number, state in enumerate(states)
        )


def test_jobs_are_counted_by_state(database):
    add(database, "succeeded", "succeeded", "failed", "queued")
    counted = asyncio.run(JobCounter(database).counts())
    assert counted == JobCounts({"succeeded": 2, "failed": 1, "queued": 1}, database_up=True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_counts_are_kept_for_a_while(database, clock):
    counter = JobCounter(database)

    async def main():
        first = await counter.counts()
        add(database, "succeeded")
        clock.now += jobs.KEEP_S - 0.1
        kept = await counter.counts()
        clock.now += 0.1
        return first, kept, await counter.counts()

    first, kept, last = asyncio.run(main())
    assert first.by_state == kept.by_state == {}
    assert last.by_state == {"succeeded": 1}


class Trouble:
    """A database that fails as it is told to."""

    def __init__(self):
        self.error: Exception | None = None
        self.open = threading.Event()
        self.open.set()
        self.asked = 0

    def read(self):
        self.asked += 1
        assert self.open.wait(10)
        if self.error is not None:
            raise self.error
        raise AssertionError("not for counting")


@pytest.mark.parametrize("error", [StorageError("gone"), ValueError("a defect")])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_fails_leaves_the_counts_of_before(database, clock, error):
    add(database, "failed")
    trouble: Any = Trouble()
    trouble.error = error

    async def main():
        counter = JobCounter(database)
        assert (await counter.counts()).database_up
        counter._database = trouble
        clock.now += jobs.KEEP_S
        failed = await counter.counts()
        counter._database = database
        clock.now += jobs.KEEP_S
        return failed, await counter.counts()

    failed, well = asyncio.run(main())
    assert failed == JobCounts({"failed": 1}, database_up=False)
    assert well == JobCounts({"failed": 1}, database_up=True)


def test_a_database_that_hangs_is_asked_once_and_not_waited_for(monkeypatch):
    monkeypatch.setattr(jobs, "PATIENCE_S", 0.01)
    trouble: Any = Trouble()
    trouble.error = StorageError("gone")
    trouble.open.clear()

    async def main():
        counter = JobCounter(trouble)
        answers = [await counter.counts() for _ in range(5)]
        assert counter._asking is not None
        trouble.open.set()
        await counter._asking
        return answers

    assert asyncio.run(main()) == [JobCounts(None, database_up=False)] * 5
    assert trouble.asked == 1
