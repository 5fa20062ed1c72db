"""Whatever goes wrong in a command is one message and an exit code; a defect keeps its traceback."""

import errno
import json
import subprocess
import sys

import pytest

from model.errors import TercetError
from tests.training.small import ROOT
from training.cli.running import BELOW_BASELINE, run
from training.errors import BelowBaselineError, DataError


def ended(work, *, as_json=False):
    with pytest.raises(SystemExit) as caught:
        run(work, as_json=as_json)
    return caught.value.code


def raising(error):
    def work(_):
        raise error

    return work


def test_success_is_0_and_the_result_is_on_standard_output(capsys):
    assert ended(lambda watcher: watcher.result({"a": 1}, "done [ok]")) == 0
    assert capsys.readouterr() == ("done [ok]\n", "")


def test_an_error_of_ours_is_its_message(capsys):
    assert ended(raising(DataError("data.csv: line 3 is [odd]"))) == 1
    assert capsys.readouterr() == ("", "error: data.csv: line 3 is [odd]\n")


def test_a_network_below_the_baseline_has_a_code_of_its_own(capsys):
    assert ended(raising(BelowBaselineError("toy version 2 loses"))) == BELOW_BASELINE == 4
    assert capsys.readouterr().err == "error: toy version 2 loses\n"


def test_for_machines_it_is_the_last_object(capsys):
    assert ended(raising(TercetError("no")), as_json=True) == 1
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == ({"event": "error", "message": "no", "type": "TercetError"}, "")


@pytest.mark.parametrize("as_json", [False, True])
def test_an_interrupt_is_130_and_says_how_to_go_on(capsys, as_json):
    assert ended(raising(KeyboardInterrupt()), as_json=as_json) == 130
    out, err = capsys.readouterr()
    assert "interrupted; what was finished is kept, and train --resume goes on" in out + err
    assert (out == "") != as_json


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device. Nothing half-written is left."),
        (PermissionError(errno.EACCES, "Permission denied", "var/models"), "var/models: Permission denied."),
        (FileExistsError(errno.EEXIST, "File exists", "var/models"), "var/models: File exists."),
        (OSError("without a number"), "without a number."),
    ],
)
def test_trouble_with_the_disk_is_one_line(capsys, error, said):
    assert ended(raising(error)) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"error: {said}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ZeroDivisionError("by nothing"), "ZeroDivisionError: by nothing"),
        (KeyError(), "KeyError"),
        (MemoryError(), "out of memory: the system gave no more. Free some, or train with smaller batches."),
        (MemoryError("1 GiB"), "out of memory: 1 GiB."),
        (type("ResourceExhaustedError", (Exception,), {})("OOM"), "out of memory: OOM."),
    ],
)
def test_a_defect_is_told_and_not_hidden(capsys, error, said):
    with pytest.raises(type(error)):
        run(raising(error), as_json=True)
    event = json.loads(capsys.readouterr().out)
    assert (event["event"], event["type"]) == ("error", type(error).__name__)
    assert event["message"].startswith(said)


def test_what_a_command_held_is_freed_before_its_failure_is_told(capsys):
    class Held:
        def __init__(self, name):
            self.name = name

        def __del__(self):
            sys.stdout.write(f"{self.name} freed\n")

    def fill_up():
        held = Held("rows")
        raise MemoryError(held.name)

    def work(_):
        held = Held("all")
        try:
            fill_up()
        except MemoryError:
            raise KeyError(held.name) from None

    with pytest.raises(KeyError):
        run(work, as_json=True)
    *freed, event = capsys.readouterr().out.splitlines()
    assert sorted(freed) == ["all freed", "rows freed"]
    assert json.loads(event)["type"] == "KeyError"


def test_the_process_of_a_defect_ends_with_1_and_its_traceback():
    code = "from training.cli.running import run\nrun(lambda watcher: 1 / 0, as_json=True)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["message"] == "ZeroDivisionError: division by zero"
    assert done.stderr.startswith("Traceback")
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_a_reader_that_goes_away_ends_it_without_a_word():
    code = """
from training.cli.running import run
def work(watcher):
    for step in range(100_000):
        watcher.note("x" * 100)
run(work, as_json=True)
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
