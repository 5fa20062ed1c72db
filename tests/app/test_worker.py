import subprocess
import sys

from tests.app.process import ROOT, environment

STUCK = """
import signal
from app import worker

signal.signal(signal.SIGTERM, lambda *_: print("was told to end", flush=True))
print("stuck", flush=True)
worker._end_with_parent(grace_s=0.2)
while True:
    signal.pause()
"""
CHATTY = """
import os, subprocess
from app import worker
from app.assignment import Report

report = worker._reporter()
print("a line of some library", flush=True)
subprocess.run(["echo", "a line of another program"], check=True)
report(Report(failure="There is no model."))
"""


def python(*arguments, cwd=ROOT):
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_without_a_parent_it_ends(tmp_path):
    with python("-m", "app.worker", cwd=tmp_path) as process:
        assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0


def test_once_the_parent_is_gone_it_is_told_to_end_and_where_it_is_stuck_it_ends_all_the_same():
    with python("-c", STUCK) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stuck\n"
        said, _ = process.communicate(timeout=60)  # closes its stdin, as the end of the parent does
    assert said == "was told to end\n"
    assert process.returncode == 1


def test_nothing_but_the_report_reaches_the_parent():
    with python("-c", CHATTY) as process:
        said, logged = process.communicate(timeout=60)
    assert said == '{"failure":"There is no model."}\n'
    assert logged == "a line of some library\na line of another program\n"
