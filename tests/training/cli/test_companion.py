"""A command that was told to ends with whoever started it."""

import json
import subprocess
import sys

import pytest

from tests.training.small import ROOT, write_messages
from training.cli.companion import ENDED

WAITS = """
import time
from training.cli.companion import end_with_stdin
end_with_stdin()
print("started", flush=True)
time.sleep(60)
"""


def start(code):
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_it_ends_when_standard_input_does_and_not_before():
    with start(WAITS) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "started\n"
        process.stdin.write("anything\n")
        process.stdin.flush()
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(30) == ENDED


def test_it_ends_when_the_process_that_started_it_is_killed():
    """The parent holds the only end that writes; a kill closes it, without a handler that could run."""
    parent = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {WAITS!r}], stdin=subprocess.PIPE)
time.sleep(60)
"""
    with start(parent) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.kill()
        assert process.stdout.read() == ""  # the child had it too, and is gone


def test_without_a_standard_input_it_ends_at_once():
    done = subprocess.run([sys.executable, "-c", "import os; os.close(0)\n" + WAITS], cwd=ROOT, check=False)
    assert done.returncode == ENDED


@pytest.mark.parametrize("command", ["check", "train"])
def test_commands_take_it(command, tmp_path):
    data = write_messages(tmp_path / "data.csv", rows_per_class=2)  # too few: it fails before it needs TensorFlow long
    words = [
        command,
        "--data",
        data,
        "--json",
        "--end-with-stdin",
        *(("--models", tmp_path) if command == "train" else ()),
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "training", *map(str, words)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readlines()[-1])["event"] == "error"
        assert process.wait(60) == 1
