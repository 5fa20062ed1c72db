"""Small processes in place of folds."""

import signal
import subprocess
import sys
import time

import psutil
import pytest

from model.run_events import Message
from tests.training.small import ROOT
from training.crossval.processes import Command, Ended, run_side_by_side

SAYS = 'import sys; print(\'not JSON\'); print(\'{{"event": "note", "message": "{}"}}\'); sys.exit({})'
WAITS = (
    'import os, time; print(\'{"event": "note", "message": "\' + str(os.getpid()) + \'"}\', flush=True); time.sleep(60)'
)


def commands(folder, codes):
    python = [sys.executable, "-I", "-S", "-c"]
    return {number: Command([*python, code], folder / f"{number}.log") for number, code in codes.items()}


def heard(folder, codes, processes=2):
    told = []
    run_side_by_side(commands(folder, codes), processes, lambda number, event: told.append((number, event)))
    return told


def is_running(pid):
    """A process that is over may be there until its parent has asked how it ended."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_all_are_run_and_heard_to_their_ends(tmp_path):
    told = heard(tmp_path, {number: SAYS.format(f"hello {number}", number % 2) for number in range(1, 6)})
    for number in range(1, 6):
        of_it = [event for each, event in told if each == number]
        assert of_it == [Message(event="note", message=f"hello {number}"), Ended(number % 2)]


def test_no_more_run_at_a_time_than_asked_for_and_no_fewer(tmp_path):
    """Each of two waits for the other, as only processes side by side can; a third would be seen by its file."""
    code = (
        "import os, sys, time; from pathlib import Path; me, other = sys.argv[1:]; Path(me).touch()\n"
        "while not Path(other).exists(): time.sleep(0.01)\n"
        f"sys.exit(Path({str(tmp_path / 'third')!r}).exists())"
    )
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    made = {
        1: Command([sys.executable, "-I", "-S", "-c", code, str(first), str(second)], tmp_path / "1.log"),
        2: Command([sys.executable, "-I", "-S", "-c", code, str(second), str(first)], tmp_path / "2.log"),
        3: Command([sys.executable, "-I", "-S", "-c", f"open({str(third)!r}, 'w')"], tmp_path / "3.log"),
    }
    ends: dict[int, object] = {}
    run_side_by_side(made, 2, ends.__setitem__)
    assert ends[3] == Ended(0)
    assert third.exists()
    assert Ended(0) in (ends[1], ends[2])


def test_one_that_is_killed_leaves_the_others(tmp_path):
    kills_itself = "import os; os.kill(os.getpid(), 9)"
    told = dict(heard(tmp_path, {1: SAYS.format("one", 0), 2: kills_itself, 3: SAYS.format("three", 0)}))
    assert told == {1: Ended(0), 2: Ended(-signal.SIGKILL), 3: Ended(0)}


def test_how_one_ended_is_told_in_words():
    assert Ended(-9).sentence == "was killed (SIGKILL), perhaps for want of memory"
    assert Ended(-15).sentence == "was killed (SIGTERM)"
    assert Ended(-63).sentence == "was killed (signal 63)"
    assert Ended(1).sentence == "ended with exit code 1"


def test_what_one_says_on_standard_error_is_kept_where_it_says_anything(tmp_path):
    heard(tmp_path, {1: "import sys; sys.stderr.write('odd')", 2: "pass"})
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("1.log", "odd")]


def test_whatever_interrupts_ends_all_at_once(tmp_path):
    pids = []

    def hear(number, event):
        pids.append(int(event.message))
        if len(pids) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_side_by_side(commands(tmp_path, {1: WAITS, 2: WAITS, 3: WAITS}), 2, hear)
    assert len(pids) == 2
    assert [pid for pid in pids if is_running(pid)] == []


def test_they_end_when_the_process_that_started_them_is_killed(tmp_path):
    watches = f"from training.cli.companion import end_with_stdin; end_with_stdin(); {WAITS}"
    parent = f"""
import sys
from pathlib import Path
from training.crossval.processes import Command, run_side_by_side
command = Command([sys.executable, "-c", {watches!r}], Path({str(tmp_path / "log")!r}))
run_side_by_side({{1: command, 2: command}}, 2, lambda number, event: print(event.message, flush=True))
"""
    with subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = [int(process.stdout.readline()) for _ in range(2)]
        assert all(map(is_running, pids))
        process.kill()
    deadline = time.monotonic() + 30
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [pid for pid in pids if is_running(pid)] == []
