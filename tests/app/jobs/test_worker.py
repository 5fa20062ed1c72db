"""Workers as processes of their own, killed and stopped at the worst of times, on both databases."""

import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from app.jobs import processes
from app.jobs.ledger import MOST_ATTEMPTS
from app.jobs.queue import JobQueue
from app.settings import Settings
from tests.app.jobs.orders import ORDER
from tests.app.jobs.playing import LONGEST_S, messages, provide_data, wait_until
from tests.app.process import ROOT, environment

FINAL = ("succeeded", "failed", "cancelled")


@pytest.fixture
def settings(tmp_path, database_url):
    settings = Settings(data=tmp_path, database_url=database_url)
    provide_data(settings)
    return settings


@pytest.fixture
def start(settings, tmp_path):
    """Start a worker: `start(scenario)` gives its process, ready."""
    started: list[subprocess.Popen[bytes]] = []

    def start(scenario, *options, **variables):
        log = tmp_path / f"worker-{len(started)}.log"
        with log.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.app.jobs.worker_process", settings.model_dump_json(), scenario, *options],
                cwd=ROOT,
                env=environment() | {"FAKE_TRAINING_LOG": str(tmp_path / "runs"), **variables},
                stdin=subprocess.PIPE,
                stderr=file,
            )
        started.append(process)
        wait_until(lambda: "worker is ready" in log.read_text() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        return process

    yield start
    for process in started:
        process.kill()
        assert process.stdin is not None
        process.stdin.close()
        process.wait()


@pytest.fixture
def submit(settings, store):
    """A job in the queue; its id."""
    submitted = []

    def submit():
        job, _ = store.submit(ORDER, None)
        JobQueue(settings).enqueue(job.id)
        submitted.append(job.id)
        return job.id

    yield submit
    for job_id in submitted:
        processes.kill(job_id)


def runs(tmp_path):
    path = tmp_path / "runs"
    return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []


def until_trained(store, job_id, worker=None):
    """Once the training of a job says something (to that worker)."""

    def trains():
        job = store.get(job_id)
        return "epoch" in job.progress and (worker is None or f":{worker.pid}:" in job.worker)

    wait_until(trains)


def until_ended(store, job_id):
    return wait_until(lambda: job if (job := store.get(job_id)).state in FINAL else None)


def states(store, job_id):
    return [event.data["state"] for event in store.events(job_id) if event.kind == "state"]


def test_two_workers_run_each_of_many_jobs_once(start, submit, store, tmp_path):
    ids = [submit() for _ in range(4)]
    for _ in range(2):
        start("succeed")
    ids += [submit() for _ in range(4)]
    for job_id in ids:
        assert until_ended(store, job_id).state == "succeeded"
        assert states(store, job_id) == ["queued", "running", "succeeded"]
    assert sorted(runs(tmp_path)) == sorted(ids)


def test_a_job_whose_worker_was_killed_goes_on_at_the_next(start, submit, store, tmp_path):
    job_id = submit()
    first = start("endless")
    until_trained(store, job_id)
    first.kill()
    start("succeed")
    job = until_ended(store, job_id)
    assert (job.state, job.attempts) == ("succeeded", 2)
    assert states(store, job_id) == ["queued", "running", "queued", "running", "succeeded"]
    assert f"process {first.pid} on" in messages(store, job_id, "warning")[0]
    assert runs(tmp_path) == [job_id] * 2
    assert processes.of_job(job_id) == []


def test_a_training_that_outlived_its_worker_is_ended_before_the_next_begins(start, submit, store):
    job_id = submit()
    first = start("stubborn", FAKE_TRAINING_ORPHAN="1")
    until_trained(store, job_id)
    first.kill()
    first.wait()
    assert processes.of_job(job_id) != []
    start("counted")
    assert until_ended(store, job_id).state == "succeeded"
    assert processes.of_job(job_id) == []


def test_a_job_that_kills_its_workers_fails_in_the_end(start, submit, store):
    job_id = submit()
    for _ in range(MOST_ATTEMPTS):
        worker = start("endless")
        until_trained(store, job_id, worker)
        worker.kill()
        worker.wait()
    start("succeed")
    job = until_ended(store, job_id)
    assert (job.state, job.attempts) == ("failed", MOST_ATTEMPTS)
    assert "ended without a word. That happened 3 times" in job.error


def test_a_job_that_was_to_be_cancelled_when_its_worker_was_killed_is(start, submit, store):
    job_id = submit()
    first = start("endless", FAKE_TRAINING_ORPHAN="1")
    until_trained(store, job_id)
    first.kill()
    store.cancel(job_id)
    start("succeed")
    assert until_ended(store, job_id).state == "cancelled"
    assert processes.of_job(job_id) == []


def test_a_worker_that_is_told_to_end_gives_its_job_to_another(start, submit, store, tmp_path):
    job_id = submit()
    first = start("stubborn")
    until_trained(store, job_id)
    first.send_signal(signal.SIGTERM)
    assert first.wait(LONGEST_S) == 0
    assert processes.of_job(job_id) == []
    assert (store.get(job_id).state, store.get(job_id).attempts) == ("queued", 0)
    start("succeed")
    assert until_ended(store, job_id).state == "succeeded"
    assert runs(tmp_path) == [job_id] * 2


def test_an_embedded_worker_ends_with_its_parent(start, submit, store):
    job_id = submit()
    worker = start("endless", "embedded")
    until_trained(store, job_id)
    worker.stdin.close()
    assert worker.wait(LONGEST_S) == 0
    assert store.get(job_id).state == "queued"
    assert processes.of_job(job_id) == []


def test_a_worker_that_stands_still_loses_its_job(start, submit, store, tmp_path):
    job_id = submit()
    first = start("endless")
    until_trained(store, job_id)
    os.kill(first.pid, signal.SIGSTOP)
    start("succeed")
    assert until_ended(store, job_id).state == "succeeded"
    os.kill(first.pid, signal.SIGCONT)
    wait_until(lambda: f"Job {job_id}: lost" in (tmp_path / "worker-0.log").read_text())
    assert states(store, job_id) == ["queued", "running", "queued", "running", "succeeded"]
    assert "was not heard of for 4 s" in messages(store, job_id, "warning")[0]


def test_its_heartbeat_goes_on_while_a_job_runs(start, submit, store, settings):
    job_id = submit()
    start("endless")
    until_trained(store, job_id)
    heartbeat = settings.data / "heartbeat"
    wait_until(heartbeat.exists)
    before = heartbeat.stat().st_mtime_ns
    wait_until(lambda: heartbeat.stat().st_mtime_ns > before)


def test_a_training_that_is_killed_has_failed_and_the_worker_goes_on(start, submit, store):
    job_id = submit()
    start("endless")
    until_trained(store, job_id)
    [training] = processes.of_job(job_id)
    os.kill(training, signal.SIGKILL)
    assert "ended by SIGKILL" in until_ended(store, job_id).error
    until_trained(store, submit())


def test_a_job_that_never_came_through_the_queue_is_found(start, store):
    start("succeed")
    job, _ = store.submit(ORDER, None)
    assert until_ended(store, job.id).state == "succeeded"


@pytest.mark.parametrize("damage", ["deleted", "broken", "emptied"])
def test_jobs_run_whatever_happens_to_the_queue(start, submit, store, tmp_path, database_url, damage):
    if database_url is not None:
        damage = "none"  # it has no file of its own
    start("succeed")
    assert until_ended(store, submit()).state == "succeeded"
    for path in tmp_path.glob("queue.db*"):
        if damage == "deleted":
            path.unlink()
        elif damage == "broken":
            path.write_bytes(b"no database " * 1000)
    if damage == "emptied":
        with sqlite3.connect(tmp_path / "queue.db") as connection:
            connection.execute("DROP TABLE task")
        connection.close()
    ids = [submit() for _ in range(2)]
    assert [until_ended(store, job_id).state for job_id in ids] == ["succeeded"] * 2


def test_a_worker_is_light():
    code = (
        "import sys, app.cli, app.jobs.worker; print({'tensorflow', 'keras', 'fastapi', 'uvicorn'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
