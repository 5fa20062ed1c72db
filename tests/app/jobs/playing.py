"""Jobs with a training that is played by `fake_training.py`."""

import sys
import time
from pathlib import Path

from app.jobs import processes
from app.jobs.identity import Identity
from app.jobs.ledger import Ledger
from app.jobs.queue import JobQueue
from app.jobs.runner import Runner
from app.jobs.store import JobStore
from tests.app.jobs.orders import DATASET, ORDER

SCRIPT = Path(__file__).with_name("fake_training.py")
LONGEST_S = 180


def command(scenario):
    return [sys.executable, str(SCRIPT), scenario]


def provide_data(settings):
    """Have the file that the order names."""
    path = settings.datasets_folder / DATASET.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("text,label\ncalm sea,A\n")


def runner(settings, database, scenario, worker=None):
    ledger = Ledger(database, worker or str(Identity.of_this_process()))
    return Runner(settings, database, ledger, JobQueue(settings), command(scenario))


def played(settings, database, scenario, order=ORDER):
    """A job that was run to its end."""
    store = JobStore(database)
    job, _ = store.submit(order, None)
    runner(settings, database, scenario).run(job.id)
    assert processes.of_job(job.id) == []
    return store.get(job.id)


def wait_until(condition, limit_s=LONGEST_S):
    """The value of `condition` once it is true."""
    deadline = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)
    return value


def messages(store, job_id, kind="note"):
    return [event.data["message"] for event in store.events(job_id) if event.kind == kind]
