"""Jobs that are run to each of their ends, with real processes and signals, on both databases."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import DataError

from app.errors import StorageError
from app.feedback.store import FeedbackStore
from app.jobs import memory_kills, processes
from app.jobs.folder import JobFolder
from app.jobs.ledger import Ledger
from app.jobs.runner import Runner
from app.jobs.store import JobStore
from app.settings import Settings
from app.storage.database import Database
from tests.app.jobs.orders import ORDER, order
from tests.app.jobs.playing import LONGEST_S, command, messages, played, provide_data, runner, wait_until

CANCELLED_WITHIN_S = 10


@pytest.fixture
def settings(tmp_path, database_url):
    settings = Settings(data=tmp_path, database_url=database_url, admin_keys=("secret",), training_nice=7)
    provide_data(settings)
    return settings


class Running:
    """Jobs that are run in threads."""

    def __init__(self, settings, database, store):
        self._settings, self._database, self._store = settings, database, store
        self._threads: list[threading.Thread] = []
        self.runners: list[Runner] = []

    def begin(self, scenario):
        """Begin a job; its id, once its training says something."""
        job, _ = self._store.submit(ORDER, None)
        self.runners.append(runner(self._settings, self._database, scenario))
        self._threads.append(threading.Thread(target=self.runners[-1].run, args=(job.id,)))
        self._threads[-1].start()
        wait_until(lambda: "epoch" in self._store.get(job.id).progress)
        return job.id

    def join(self):
        for thread in self._threads:
            thread.join(LONGEST_S)
            assert not thread.is_alive()


@pytest.fixture
def running(settings, database, store):
    jobs = Running(settings, database, store)
    yield jobs
    for each in jobs.runners:
        each.stop()
    jobs.join()


def kinds(store, job_id):
    return [event.kind for event in store.events(job_id)]


def test_a_training_that_succeeds(settings, database, store):
    job = played(settings, database, "succeed")
    assert (job.state, job.error, job.attempts) == ("succeeded", None, 1)
    assert job.result == {
        "version": 2,
        "model": "toy",
        "promoted": True,
        "comparison": None,
        "promotion": {"promoted": True, "reason": "It is better.", "replaced": 1},
        "evaluation": {"log_loss": 0.5},
        "baseline": {"log_loss": 0.6},
        "vectors": {"source": "box", "coverage": 0.9},
        "feedback": None,
        "warnings": ["mind the gap"],
    }
    assert messages(store, job.id) == ["hello"]
    assert messages(store, job.id, "warning") == ["mind the gap"]
    epochs = [event.data for event in store.events(job.id) if event.kind == "epoch"]
    assert epochs == [{"epoch": 1, "of": 2, "loss": 0.25, "validation_loss": 0.5}]
    assert {"stage": "fit", "epoch": 1, "of": 2, "batch": 4, "batches": 4, "loss": 0.25}.items() <= job.progress.items()
    assert kinds(store, job.id)[-1] == "state"


@pytest.mark.parametrize(
    ("scenario", "error"),
    [
        ("fail", r"^The data make no sense\.$"),
        ("crash", r"exit code 1\. The last that it said: .*ValueError: it broke here$"),
        ("exit_3", r"exit code 3\. The last that it said: first / second$"),
        ("killed", r"ended by SIGKILL, which somebody or something outside of Tercet sent"),
        ("terminated", r"ended by SIGTERM, which somebody or something outside of Tercet sent"),
        ("segfault", r"ended by SIGSEGV: it crashed"),
        ("no_memory", r"^Memory ran out\. .*std::bad_alloc"),
        ("says_nothing", r"ended without a result\. It said nothing on standard error"),
    ],
)
def test_a_training_that_fails_says_why(settings, database, scenario, error):
    job = played(settings, database, scenario)
    assert (job.state, job.result) == ("failed", None)
    assert job.finished_at is not None
    with pytest.raises(AssertionError, match=error):
        raise AssertionError(job.error)


def test_a_kill_while_the_kernel_killed_for_memory_is_one_of_these(settings, database, monkeypatch):
    counts = iter([3, 4])
    monkeypatch.setattr(memory_kills, "count", lambda: next(counts))
    assert played(settings, database, "killed").error.startswith("Memory ran out.")


def test_what_is_no_event_is_passed_over(settings, database):
    assert played(settings, database, "garbage").state == "succeeded"


def test_texts_of_any_kind_are_recorded(settings, database, store):
    job = played(settings, database, "hostile")
    assert (job.state, job.error) == ("failed", "NUL \N{REPLACEMENT CHARACTER} in it")
    assert messages(store, job.id) == ["a\0b"]


def test_a_result_that_the_database_refuses_is_a_failure(settings, database, monkeypatch):
    finish = Ledger.finish

    def refusing(ledger, job_id, state, **facts):
        if state == "succeeded":
            raise DataError("UPDATE jobs", {}, ValueError("it is no JSON"))
        return finish(ledger, job_id, state, **facts)

    monkeypatch.setattr(Ledger, "finish", refusing)
    job = played(settings, database, "succeed")
    assert (job.state, job.error) == ("failed", "The database does not take what the training said: DataError.")


def test_a_training_that_stays_after_its_result_has_succeeded(settings, database, monkeypatch):
    monkeypatch.setattr("app.jobs.attempt._END_AFTER_RESULT_S", 0.5)
    assert played(settings, database, "hangs_after_result").state == "succeeded"


def test_no_process_is_left_after_a_success(settings, database):
    assert played(settings, database, "leaves_a_child").state == "succeeded"


def test_a_command_that_cannot_be_started(settings, database, store):
    job, _ = store.submit(ORDER, None)
    begun = runner(settings, database, "succeed")
    begun._command = ["/nowhere/python"]
    begun.run(job.id)
    assert store.get(job.id).state == "failed"
    assert "/nowhere/python" in store.get(job.id).error


def test_a_data_set_whose_file_is_gone(settings, database):
    lost = ORDER.dataset.model_copy(update={"file": "toy/gone.csv"})
    job = played(settings, database, "succeed", order(dataset=lost))
    assert (job.state, job.attempts) == ("failed", 1)
    assert "'toy' is gone" in job.error


def test_what_a_training_is_told(settings, database, store):
    feedback = FeedbackStore(database)
    feedback.add("calm sea", "B", "toy", 1)
    ordered = order(include_feedback=True, allow_label_change=True, promote="never", seed=7)
    job = played(settings, database, "environment", ordered)
    variables, nice, words, rows = messages(store, job.id)
    assert json.loads(variables) == {
        "TERCET_ADMIN_KEYS": None,
        "TERCET_DATABASE_URL": None,
        "OMP_NUM_THREADS": "1",
        "TERCET_JOB": job.id,
        "TRACEPARENT": None,
    }
    assert int(nice) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 7)
    assert json.loads(words) == [
        "train",
        "--json",
        "--resume",
        "--end-with-stdin",
        f"--run={job.id}",
        "--name=toy",
        f"--models={settings.models_folder}",
        f"--cache={settings.data / 'cache'}",
        f"--data={settings.datasets_folder / 'toy' / 'd.csv'}",
        "--text-column=text",
        "--label-column=label",
        "--vectors=box",
        f"--feedback={settings.data / 'jobs' / job.id / 'feedback.jsonl'}",
        "--preset=reference",
        "--epochs=2",
        "--seed=7",
        "--promote=never",
        "--threads=1",
        "--device=auto",
        "--allow-label-change",
    ]
    assert json.loads(rows) == {"text": "calm sea", "label": "B"}


def test_a_job_that_goes_on_takes_the_feedback_of_its_beginning(settings, database, store):
    job, _ = store.submit(order(include_feedback=True), None)
    folder = JobFolder(settings.data, job.id)
    folder.make()
    folder.feedback.write_text("as it was")
    runner(settings, database, "environment").run(job.id)
    assert messages(store, job.id)[-1] == "as it was"


@pytest.mark.parametrize("scenario", ["endless", "family", "stubborn"])
def test_a_cancelled_training_is_gone_within_ten_seconds(running, store, scenario):
    job_id = running.begin(scenario)
    alive = processes.of_job(job_id)
    assert len(alive) == {"endless": 1, "family": 2, "stubborn": 3}[scenario]
    began = time.monotonic()
    store.cancel(job_id)
    wait_until(lambda: store.get(job_id).state == "cancelled")
    assert time.monotonic() - began < CANCELLED_WITHIN_S
    assert processes.of_job(job_id) == []
    assert store.get(job_id).error is None


def test_a_result_that_comes_before_the_end_of_a_cancelled_training_counts(running, store):
    job_id = running.begin("tells_late")
    store.cancel(job_id)
    running.join()
    assert (store.get(job_id).state, store.get(job_id).cancel_requested) == ("succeeded", True)


def test_a_version_that_a_cancelled_job_registered_is_named(settings, running, store):
    job_id = running.begin("endless")
    folder = settings.models_folder / "toy" / "3" / "assets.extra"
    folder.mkdir(parents=True)
    (folder / "bundle.json").write_text(json.dumps({"training": {"run": job_id}}))
    store.cancel(job_id)
    running.join()
    error = "Before that it had registered version 3 of toy, which is kept and serves."
    assert (store.get(job_id).state, store.get(job_id).error) == ("cancelled", error)


def test_a_worker_that_has_to_end_gives_its_job_back(settings, database, running, store):
    job_id = running.begin("stubborn")
    running.runners[0].stop()
    running.join()
    assert processes.of_job(job_id) == []
    assert (store.get(job_id).state, store.get(job_id).attempts) == ("queued", 0)
    runner(settings, database, "succeed").run(job_id)
    assert store.get(job_id).state == "succeeded"


def test_a_worker_that_lost_its_job_ends_the_training_and_records_nothing(database, running, store):
    job_id = running.begin("stubborn")
    while Ledger(database, "another").take_from_lost(store.get(job_id), "It was slow.") is None:
        pass
    Ledger(database, "another").claim(job_id)
    running.join()
    assert processes.of_job(job_id) == []
    assert (store.get(job_id).state, store.get(job_id).worker) == ("running", "another")


def test_progress_moves_while_the_training_says_nothing(running, store):
    job_id = running.begin("endless")
    first = len(store.events(job_id))
    wait_until(lambda: len(store.events(job_id)) >= first + 3)
    elapsed = [event.data["elapsed_s"] for event in store.events(job_id) if event.kind == "progress"]
    assert elapsed == sorted(elapsed)
    assert elapsed[-1] > elapsed[0]


def test_a_training_outlives_trouble_of_the_database(database, running, store, monkeypatch, caplog):
    job_id = running.begin("slow")
    broken = threading.Event()
    broken.set()
    write = database.write

    def failing():
        if broken.is_set():
            raise StorageError("It is restarting.")
        return write()

    monkeypatch.setattr(database, "write", failing)
    wait_until(lambda: "cannot be recorded yet" in caplog.text)
    broken.clear()
    running.join()
    assert (store.get(job_id).state, store.get(job_id).attempts) == ("succeeded", 1)


@pytest.mark.postgres
def test_a_training_outlives_a_restart_of_postgres(tmp_path, postgres):
    url = postgres.create()
    database = Database(tmp_path, url)
    settings, store = Settings(data=tmp_path, database_url=url), JobStore(database)
    provide_data(settings)
    jobs = Running(settings, database, store)
    job_id = jobs.begin("slow")
    postgres.stop()
    wait_until(lambda: processes.of_job(job_id) == [])
    postgres.start()
    jobs.join()
    assert (store.get(job_id).state, store.get(job_id).attempts) == ("succeeded", 1)
    database.close()
    postgres.drop(url)


def test_of_many_runners_each_job_is_run_by_one(settings, database, store, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_TRAINING_LOG", str(tmp_path / "runs"))
    ids = [store.submit(ORDER, None)[0].id for _ in range(4)]
    runners = [runner(settings, database, "succeed", f"worker-{number}") for number in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda each: [each.run(job_id) for job_id in ids], runners))
    runs = [line.split()[0] for line in (tmp_path / "runs").read_text().splitlines()]
    assert sorted(runs) == sorted(ids)
    assert {store.get(job_id).state for job_id in ids} == {"succeeded"}


def test_a_run_waits_for_an_earlier_one_of_the_same_job_and_ends_it(settings, database, store, monkeypatch):
    monkeypatch.setattr("app.jobs.runner._FOREIGN_RUN_S", 0.5)
    job, _ = store.submit(ORDER, None)
    folder = JobFolder(settings.data, job.id)
    folder.make()
    lock = folder.lock()
    assert lock is not None
    orphan = subprocess.Popen(
        [*command("endless"), f"--run={job.id}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=(lock,),
        env={**os.environ, processes.MARK: job.id},
    )
    os.close(lock)
    assert orphan.stdin is not None
    assert orphan.stdout is not None
    orphan.stdout.readline()
    assert folder.lock() is None
    runner(settings, database, "succeed").run(job.id)
    assert orphan.wait(LONGEST_S) == -signal.SIGTERM
    orphan.stdin.close()
    orphan.stdout.close()
    assert store.get(job.id).state == "succeeded"
    assert messages(store, job.id, "warning")[0] == "An earlier run of this job was still alive, and is ended."


def test_old_versions_are_deleted_after_a_training(tmp_path, database, database_url, toy_models):
    settings = Settings(data=tmp_path, database_url=database_url, keep_versions=1)
    provide_data(settings)
    for version in ("1", "2", "3"):
        shutil.copytree(toy_models / "toy" / "1", settings.models_folder / "toy" / version)
    (settings.models_folder / "toy" / "current").write_text("3\n")
    played(settings, database, "succeed")
    assert [path.name for path in sorted((settings.models_folder / "toy").glob("[0-9]"))] == ["3"]
