"""The parent, with workers that only follow the protocol. `test_worker_processes` has the real ones."""

import json
import logging
import re
import subprocess
import sys

import pytest

from app import supervision, workers
from app.errors import StartError
from app.listening import listen
from tests.app.fakes import settings
from tests.app.process import ROOT

PRELUDE = """
import json, os, signal, sys, time

told = json.loads(sys.stdin.readline())
row = told["row"]
with open("starts", "a") as starts:
    starts.write(json.dumps(told) + "\\n")
start = sum(json.loads(line)["row"] == row for line in open("starts"))

def note(line):
    with open("notes", "a") as notes:
        notes.write(f"{line}\\n")

def ready():
    print("{}", flush=True)

def fail(message):
    print(json.dumps({"failure": message}), flush=True)
    sys.exit(1)

def stop_parent(number=signal.SIGTERM):
    os.kill(os.getppid(), number)

def serve():
    while True:
        signal.pause()

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
"""
PYTHON_ALONE = "import sys, app.cli; print({'tensorflow', 'fastapi', 'starlette', 'uvicorn'} & set(sys.modules))"


@pytest.fixture(autouse=True)
def _short_times(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(supervision, "_FIRST_DELAY_S", 0.1)
    caplog.set_level(logging.INFO, logger="app.workers")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the parent with workers that do `code`, until one of them stops it; what it returns."""

    def run(code, **values):
        monkeypatch.setattr(workers, "_COMMAND", (sys.executable, "-c", PRELUDE + code))
        return workers.run(settings(**{"workers": 2, **values}), listen("127.0.0.1", 0))

    return run


def starts(tmp_path):
    return [json.loads(line) for line in (tmp_path / "starts").read_text().splitlines()]


def notes(tmp_path):
    return (tmp_path / "notes").read_text().splitlines()


def test_the_parent_imports_neither_tensorflow_nor_the_web_framework():
    done = subprocess.run([sys.executable, "-c", PYTHON_ALONE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_signal_ends_every_worker(run, tmp_path, caplog):
    assert run(
        """
def drain(*_):
    note(f"{row} drained")
    sys.exit(0)

signal.signal(signal.SIGTERM, drain)
ready()
if row == 2:
    time.sleep(0.2)
    stop_parent()
serve()
""",
        workers=3,
    )
    assert sorted(notes(tmp_path)) == ["0 drained", "1 drained", "2 drained"]
    assert "All 3 workers are ready" in caplog.text


def test_the_others_begin_once_the_first_is_ready(run, tmp_path):
    assert run("""
if row == 0:
    time.sleep(0.3)
    note("the first is ready")
    ready()
else:
    note("the second begins")
    stop_parent()
serve()
""")
    assert notes(tmp_path) == ["the first is ready", "the second begins"]


def test_only_the_very_first_worker_answers_while_it_loads(run, tmp_path):
    assert run(
        """
ready()
if row == 0 and start == 1:
    time.sleep(0.3)
    sys.exit(3)
if row == 0 and start == 2:
    stop_parent()
serve()
""",
        stay_up_without_model=True,
        max_texts=7,
    )
    assert [told["settings"]["max_texts"] for told in starts(tmp_path)] == [7, 7, 7]
    found = [
        (told["row"], told["accept_at_once"], told["settings"]["stay_up_without_model"]) for told in starts(tmp_path)
    ]
    assert found == [(0, True, True), (1, False, False), (0, False, False)]


def test_a_worker_that_dies_is_started_again_later_each_time(run, caplog):
    assert run("""
ready()
if row == 1:
    if start < 4:
        os.kill(os.getpid(), signal.SIGKILL)
    stop_parent()
serve()
""")
    found = re.findall(r"Worker process \d+ ended by SIGKILL\. Worker 2 starts again in (\S+) s\.", caplog.text)
    assert found == ["0.1", "0.2", "0.4"]
    assert caplog.text.count("All 2 workers are ready") == 1


def test_no_delay_is_longer_than_the_longest(run, monkeypatch, caplog):
    monkeypatch.setattr(supervision, "_LONGEST_DELAY_S", 0.2)
    assert run("""
ready()
if row == 1:
    if start < 5:
        sys.exit(5)
    stop_parent()
serve()
""")
    assert re.findall(r"ended by code 5\. Worker 2 starts again in (\S+) s\.", caplog.text) == [
        "0.1",
        "0.2",
        "0.2",
        "0.2",
    ]


def test_a_worker_that_lived_long_is_started_again_at_once(run, monkeypatch, caplog):
    monkeypatch.setattr(supervision, "_HEALTHY_S", 0)
    assert run("""
ready()
if row == 1:
    if start < 3:
        sys.exit(0)
    stop_parent()
serve()
""")
    assert re.findall(r"starts again in (\S+) s", caplog.text) == ["0.0", "0.0"]


def test_a_first_worker_that_cannot_load_ends_the_whole_with_its_message(run, tmp_path):
    with pytest.raises(StartError, match=r"^The bundle is damaged\.$"):
        run('fail("The bundle is damaged.")')
    assert len(starts(tmp_path)) == 1


def test_another_worker_that_cannot_load_ends_the_first_too(run, tmp_path):
    code = """
def drain(*_):
    note(f"{row} drained")
    sys.exit(0)

signal.signal(signal.SIGTERM, drain)
if row == 1:
    fail("There is no memory left.")
ready()
serve()
"""
    with pytest.raises(StartError, match=r"^There is no memory left\.$"):
        run(code)
    assert notes(tmp_path) == ["0 drained"]


def test_a_first_worker_that_dies_before_it_was_ever_ready_ends_the_whole(run):
    with pytest.raises(StartError, match=r"^Worker process \d+ ended by SIGSEGV\.$"):
        run("os.kill(os.getpid(), signal.SIGSEGV)")


def test_another_worker_that_is_killed_before_it_was_ever_ready_is_started_again(run, caplog):
    assert run("""
if row == 1 and start == 1:
    os.kill(os.getpid(), signal.SIGKILL)
ready()
if row == 1:
    stop_parent()
serve()
""")
    assert "ended by SIGKILL. Worker 2 starts again in 0.1 s." in caplog.text


def test_another_worker_that_ends_with_a_code_before_it_was_ever_ready_ends_the_whole(run):
    with pytest.raises(StartError, match=r"^Worker process \d+ ended by code 3\.$"):
        run("""
if row == 1:
    sys.exit(3)
ready()
serve()
""")


def test_a_worker_that_was_ready_once_may_fail_to_load_later(run, caplog):
    assert run("""
if row == 1 and start == 2:
    fail("The bundle is damaged.")
ready()
if row == 1 and start == 1:
    sys.exit(0)
if row == 1 and start == 3:
    stop_parent()
serve()
""")
    assert "The bundle is damaged. Worker 2 starts again in 0.2 s." in caplog.text


def test_where_a_setting_says_to_stay_up_another_worker_that_cannot_load_is_tried_again(run, caplog):
    assert run(
        """
if row == 1 and start == 1:
    fail("There is no memory left.")
if row == 1 and start == 2:
    stop_parent()
ready()
serve()
""",
        stay_up_without_model=True,
    )
    assert "There is no memory left. Worker 2 starts again in 0.1 s." in caplog.text


def test_workers_that_do_not_end_in_time_are_killed_and_the_answer_says_so(run, monkeypatch, caplog):
    monkeypatch.setattr(workers, "LONGEST_END_S", 0.2)
    assert not run(
        """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
ready()
if row == 1:
    stop_parent()
serve()
""",
        drain_timeout_s=0,
    )
    assert "2 of 2 workers did not end in time and were killed" in caplog.text


def test_a_worker_that_ends_with_an_error_is_not_a_good_end(run):
    assert not run("""
signal.signal(signal.SIGTERM, lambda *_: sys.exit(row))
ready()
if row == 1:
    stop_parent()
serve()
""")


def test_a_signal_while_a_worker_waits_to_be_started_again_ends_the_whole(run, monkeypatch):
    monkeypatch.setattr(supervision, "_FIRST_DELAY_S", 30)
    assert run("""
ready()
if row == 1:
    sys.exit(1)
while not os.path.exists("starts") or len(open("starts").readlines()) < 2:
    time.sleep(0.05)
time.sleep(0.3)
stop_parent()
serve()
""")


def test_a_second_interrupt_reaches_the_workers_as_one(run, tmp_path):
    assert run("""
def interrupted(*_):
    note("interrupted")
    sys.exit(0)

def drain(*_):
    if row == 0:
        stop_parent(signal.SIGINT)

signal.signal(signal.SIGINT, interrupted)
signal.signal(signal.SIGTERM, drain)
ready()
if row == 1:
    stop_parent(signal.SIGINT)
serve()
""")
    assert notes(tmp_path) == ["interrupted", "interrupted"]


def test_a_worker_that_cannot_be_started_at_all_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "_COMMAND", (str(tmp_path / "no-python"),))
    with pytest.raises(StartError, match=r"^No worker process can be started: No such file or directory\.$"):
        workers.run(settings(workers=2), listen("127.0.0.1", 0))
