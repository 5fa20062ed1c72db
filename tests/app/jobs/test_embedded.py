"""The worker that the service runs itself; here it is a few lines that play it."""

import json
import os
import re
import signal
import sys
import time

import pytest

from app import pipeline_command, supervision
from app.jobs import embedded, lifetime
from app.jobs.embedded import EmbeddedWorker
from app.settings import Settings
from tests.app.jobs.playing import wait_until

PLAY = """
import json, os, signal, sys
line = sys.stdin.readline()
with open(os.environ["STARTS"], "a") as file:
    file.write(json.dumps({"pid": os.getpid(), "group": os.getpgid(0), "settings": json.loads(line)}) + "\\n")
"""
UNTIL_TOLD = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\nwhile True: signal.pause()"
UNTIL_ALONE = "sys.stdin.read()\nopen(os.environ['STARTS'], 'a').write('alone\\n')"
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: signal.pause()"


@pytest.fixture(autouse=True)
def _environment(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("STARTS", str(tmp_path / "starts"))
    monkeypatch.setattr(supervision, "_FIRST_DELAY_S", 0.1)
    caplog.set_level("INFO", logger="app.jobs.embedded")


@pytest.fixture
def companion(tmp_path):
    """Makes an embedded worker that plays `code`; it is ended at the end."""
    made = []

    def make(code, **values):
        settings = Settings(**{"data": tmp_path, "admin_keys": ("a-secret",), **values})
        made.append(EmbeddedWorker(settings, (sys.executable, "-c", PLAY + code)))
        return made[-1]

    yield make
    for each in made:
        each.stop()
        each.join()


def starts(tmp_path):
    path = tmp_path / "starts"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_is_told_the_settings_and_leads_a_group(companion, tmp_path):
    worker = companion(UNTIL_TOLD)
    worker.start()
    worker.start()
    [start] = wait_until(lambda: starts(tmp_path))
    assert Settings.model_validate(start["settings"]) == Settings(data=tmp_path, admin_keys=("a-secret",))
    assert start["group"] == start["pid"]
    worker.stop()
    worker.join()
    assert not is_alive(start["pid"])


def test_it_is_started_again_where_it_dies(companion, tmp_path, caplog):
    worker = companion(UNTIL_TOLD)
    worker.start()
    for number in range(3):
        wait_until(lambda number=number: len(starts(tmp_path)) > number)
        os.kill(starts(tmp_path)[number]["pid"], signal.SIGKILL)
    wait_until(lambda: len(starts(tmp_path)) == 4)
    found = re.findall(r"training worker ended by SIGKILL; it starts again in (\S+) s", caplog.text)
    assert found == ["0.1", "0.2", "0.4"]


def test_it_sees_when_the_service_is_gone(companion, tmp_path):
    worker = companion(UNTIL_ALONE)
    worker.start()
    wait_until(lambda: starts(tmp_path))
    worker._process.stdin.close()
    wait_until(lambda: "alone" in (tmp_path / "starts").read_text())


def test_one_that_does_not_end_is_killed(companion, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(embedded, "LONGEST_END_S", 0.5)
    worker = companion(STUBBORN)
    worker.start()
    [start] = wait_until(lambda: starts(tmp_path))
    time.sleep(0.2)  # until it ignores the signal
    worker.stop()
    worker.join()
    assert not is_alive(start["pid"])
    assert "did not end in time and was killed" in caplog.text


def test_one_that_cannot_be_started_is_tried_again(tmp_path, caplog):
    worker = EmbeddedWorker(Settings(data=tmp_path), ("/nowhere/python",))
    worker.start()
    wait_until(lambda: caplog.text.count("cannot be started: No such file or directory") >= 2)
    worker.stop()
    worker.join()


def test_there_is_none_where_workers_run_elsewhere(companion, tmp_path):
    worker = companion(UNTIL_TOLD, worker="none")
    worker.start()
    assert worker._thread is None
    worker.join()


def test_there_is_none_where_nothing_can_be_trained(companion, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(pipeline_command, "available", lambda: False)
    worker = companion(UNTIL_TOLD)
    worker.start()
    wait_until(lambda: "No training worker" in caplog.text)
    worker.join()
    assert starts(tmp_path) == []


def test_none_is_started_after_the_end(companion, tmp_path):
    worker = companion(UNTIL_TOLD)
    worker.stop()
    worker.start()
    assert worker._thread is None


def test_a_training_has_its_time_within_that_of_the_worker():
    from app.jobs import processes

    assert processes.GRACE_S + 5 < lifetime.LONGEST_END_S
