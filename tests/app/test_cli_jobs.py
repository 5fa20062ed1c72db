"""Jobs from a shell."""

import json

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.jobs.ledger import Message
from app.storage.database import Database
from tests.app.jobs.orders import ORDER


@pytest.fixture
def database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERCET_DATA", str(tmp_path / "var"))
    opened = Database(tmp_path / "var")
    yield opened
    opened.close()


@pytest.fixture
def ended(store, ledger):
    """The id of a job that succeeded."""
    job, _ = store.submit(ORDER, None)
    ledger.claim(job.id)
    progress = {"stage": "fit", "epoch": 1, "of": 2, "loss": 0.5, "validation_loss": 0.25, "seconds_left": 7.0}
    ledger.heartbeat(job.id, progress, [Message("warning", {"message": "mind the gap"})])
    ledger.finish(job.id, "succeeded", result={"version": 2, "model": "toy", "promoted": True})
    return job.id


def run(*arguments):
    return CliRunner().invoke(cli, ["jobs", *arguments])


def test_jobs_are_listed_newest_first(store, ledger, ended):
    waiting, _ = store.submit(ORDER, None)
    first, second = run("list").stdout.splitlines()
    assert first.split() == [waiting.id, *first.split()[1:3], "queued", "toy"]
    assert second.startswith(ended)
    assert second.endswith("succeeded  toy  version 2 of toy, promoted")
    assert run("list", "--limit", "1").stdout.splitlines() == [first]
    assert run("list", "--state", "succeeded").stdout.splitlines() == [second]


def test_jobs_are_listed_for_machines(ended):
    [line] = run("list", "--json").stdout.splitlines()
    assert json.loads(line).items() >= {"id": ended, "state": "succeeded", "attempts": 1}.items()


def test_a_job_is_shown(ended):
    assert json.loads(run("show", ended, "--json").stdout)["result"] == {"version": 2, "model": "toy", "promoted": True}
    lines = dict(line.split(None, 1) for line in run("show", ended).stdout.splitlines())
    assert (lines["id"], lines["state"], lines["worker"]) == (ended, "succeeded", "worker-1")
    assert "error" not in lines


def test_a_job_is_followed_to_its_end(ended):
    answer = run("follow", ended)
    assert answer.exit_code == 0
    assert [line.split(None, 1)[1] for line in answer.stdout.splitlines()] == [
        "state     queued",
        "state     running",
        "warning   mind the gap",
        "progress  fit, epoch 1 of 2, loss 0.5000, validation loss 0.2500, 7 s left",
        "state     succeeded as version 2",
    ]
    kinds = [json.loads(line)["kind"] for line in run("follow", ended, "--json").stdout.splitlines()]
    assert kinds == ["state", "state", "warning", "progress", "state"]


def test_following_a_job_that_fails_fails(store, ledger):
    job, _ = store.submit(ORDER, None)
    ledger.claim(job.id)
    ledger.finish(job.id, "failed", error="It broke.")
    answer = run("follow", job.id)
    assert (answer.exit_code, answer.stdout.splitlines()[-1].split(None, 1)[1]) == (1, "state     failed It broke.")


def test_a_job_is_cancelled(store, ledger):
    queued, running = (store.submit(ORDER, None)[0].id for _ in range(2))
    ledger.claim(running)
    assert run("cancel", queued).stdout == f"{queued} is cancelled.\n"
    assert run("cancel", running).stdout == f"{running} was asked to end.\n"


@pytest.mark.parametrize("command", ["show", "follow", "cancel"])
def test_a_job_that_is_not_there_is_an_error_of_one_line(database, command):
    answer = run(command, "nobody")
    assert (answer.exit_code, answer.stderr) == (1, "There is no job 'nobody'.\n")


def test_a_wrong_schedule_is_an_error_of_the_settings(database, monkeypatch):
    monkeypatch.setenv("TERCET_RETRAIN_CRON", "now and then")
    monkeypatch.setenv("TERCET_RETRAIN_DATASET", "toy")
    answer = CliRunner().invoke(cli, ["worker"])
    assert answer.exit_code == 2
    assert answer.stderr.startswith("TERCET_RETRAIN_CRON=now and then: five fields are needed")
