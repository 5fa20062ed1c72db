"""Finding what dead workers and ended jobs left."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.jobs.identity import Identity
from app.jobs.ledger import Hold, Ledger
from app.jobs.queue import JobQueue
from app.jobs.recovery import Recovery
from app.settings import Settings
from app.storage.columns import now
from app.storage.tables import Job
from tests.app.jobs.orders import ORDER

HERE = Identity.of_this_process()
DEAD = replace(HERE, start=HERE.start - 60)
ELSEWHERE = replace(HERE, host="far", place="another-boot:1")


@pytest.fixture
def settings(tmp_path, database_url):
    return Settings(data=tmp_path, database_url=database_url)


@pytest.fixture
def moments():
    return [0.0]


@pytest.fixture
def recovery(settings, database, moments):
    ledger = Ledger(database, "the-watcher")
    return Recovery(settings, ledger, JobQueue(settings), silent_after_s=30, clock=lambda: moments[0])


def run_by(database, store, worker):
    job, _ = store.submit(ORDER, None)
    ledger = Ledger(database, str(worker))
    ledger.claim(job.id)
    return job.id, ledger


def test_a_job_of_a_worker_that_is_gone_is_taken_at_once(database, store, recovery):
    job_id, _ = run_by(database, store, DEAD)
    recovery.take_lost()
    assert store.get(job_id).state == "queued"


def test_a_job_of_a_worker_that_lives_is_left(database, store, recovery, moments):
    job_id, _ = run_by(database, store, HERE)
    for moments[0] in (0.0, 20.0):
        recovery.take_lost()
    assert store.get(job_id).state == "running"


@pytest.mark.parametrize("worker", [HERE, ELSEWHERE, "unheard-of"])
def test_a_worker_that_is_silent_is_taken_for_dead(database, store, recovery, moments, worker):
    job_id, ledger = run_by(database, store, worker)
    for moments[0] in (0.0, 29.0):
        recovery.take_lost()
    assert ledger.heartbeat(job_id, {}) is Hold.OURS
    for moments[0] in (31.0, 60.0):
        recovery.take_lost()
        assert store.get(job_id).state == "running"
    moments[0] = 62.0
    recovery.take_lost()
    assert store.get(job_id).state == "queued"


def test_a_clock_of_another_machine_that_is_wrong_does_no_harm(database, store, recovery, moments):
    job_id, _ = run_by(database, store, ELSEWHERE)
    with database.write() as session:
        session.get(Job, job_id).heartbeat_at = now() - timedelta(hours=1)
    recovery.take_lost()
    assert store.get(job_id).state == "running"


def test_a_job_that_its_own_worker_lost_sight_of_is_taken(database, store, recovery):
    job_id, _ = run_by(database, store, "the-watcher")
    recovery.take_lost(lambda: True)
    assert store.get(job_id).state == "running"
    recovery.take_lost(lambda: False)
    assert store.get(job_id).state == "queued"


def test_folders_of_jobs_that_ended_long_ago_are_deleted(database, store, recovery, settings):
    old, fresh, running = (run_by(database, store, HERE) for _ in range(3))
    for job_id, _ in (old, fresh, running):
        (settings.data / "jobs" / job_id).mkdir(parents=True)
        (settings.data / "jobs" / job_id / "training.log").write_text("hello")
    for job_id, ledger in (old, fresh):
        ledger.finish(job_id, "failed", error="x")
    with database.write() as session:
        session.get(Job, old[0]).finished_at = now() - timedelta(days=1, minutes=1)
    recovery.sweep()
    assert {path.name for path in (settings.data / "jobs").iterdir()} == {fresh[0], running[0]}
