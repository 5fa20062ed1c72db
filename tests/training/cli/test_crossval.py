"""`crossval` with real processes: one is killed, all are interrupted, and what is finished is kept."""

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from model.errors import ConfigError
from tests.training.small import ROOT, SHOP_MESSAGES
from training.cli.companion import ENDED
from training.cli.crossval import numbers
from training.crossval.result import FoldResult

EPOCHS = 3


def options(folder):
    data = ("--data", SHOP_MESSAGES, "--folder", folder / "folds", "--cache", folder / "cache", "--vectors", "none")
    return ("crossval", *data, "--folds", 2, "--epochs", EPOCHS, "--patience", EPOCHS, "--embedding-dim", 4)


def processes_of_folds(parent):
    found = {}
    for child in parent.children():
        with contextlib.suppress(psutil.Error):
            words = child.cmdline()
            if "crossval-fold" in words:
                found[int(words[words.index("--number") + 1])] = child
    return found


def kill_in_the_middle(folder, number):
    """Kill the process of a fold once it has a checkpoint."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if any(folder.glob(f".fold-{number:02}/*.checkpoint")):
            processes_of_folds(psutil.Process())[number].kill()
            return
        time.sleep(0.01)


def test_a_fold_killed_in_the_middle_costs_itself_alone_and_goes_on_when_run_again(cli, tmp_path):
    killer = threading.Thread(target=kill_in_the_middle, args=(tmp_path / "folds", 1))
    killer.start()
    ended = cli(*options(tmp_path), "--processes", 2, "--json")
    killer.join()
    assert ended.code == 1
    warnings = [event["message"] for event in ended.events if event["event"] == "warning"]
    assert warnings == ["fold 1: was killed (SIGKILL), perhaps for want of memory"]
    assert ended.events[-1]["event"] == "error"
    assert "1 of 2 folds did not finish: 1." in ended.events[-1]["message"]
    kept = (tmp_path / "folds" / "fold-02.npz").read_bytes()

    again = cli(*options(tmp_path), "--json", "--output", tmp_path / "figures.json")
    assert again.code == 0, again.err
    assert (tmp_path / "folds" / "fold-02.npz").read_bytes() == kept
    assert [fold["epochs"] for fold in again.events[-1]["folds"]] == [EPOCHS, EPOCHS]
    assert again.events[-1]["pooled"]["rows"] == again.events[-1]["data"]["rows"] == 240
    document = json.loads((tmp_path / "figures.json").read_text())
    assert document["folds"] == again.events[-1]["folds"]
    assert (document["kind"], document["complete"]) == ("crossval", True)
    assert str(tmp_path) not in json.dumps(document)
    assert sorted(path.name for path in (tmp_path / "folds").iterdir()) == [
        "crossval.json",
        "fold-01.npz",
        "fold-02.npz",
    ]
    assert FoldResult.load(tmp_path / "folds" / "fold-01.npz").libraries == document["libraries"]


def test_a_person_who_interrupts_it_ends_every_fold_at_once_and_sees_one_line(tmp_path):
    command = [sys.executable, "-m", "training", *map(str, options(tmp_path)), "--processes", "2"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        children = wait_for_folds(psutil.Process(process.pid), 2)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert errors.splitlines()[-1].startswith("error: interrupted; 0 of 2 folds are kept, and the same command goes on")
    assert "Traceback" not in errors
    assert psutil.wait_procs(children, timeout=30)[1] == []


def wait_for_folds(parent, count):
    deadline = time.monotonic() + 60
    while len(found := processes_of_folds(parent)) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    return list(found.values())


def test_the_process_of_a_fold_ends_with_its_parent():
    words = ("--settings", "{}", "--fingerprint", "f", "--folder", "x", "--number", "1", "--threads", "1")
    command = [sys.executable, "-m", "training", "crossval-fold", *words]
    assert subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode == ENDED


def test_numbers_of_folds():
    assert numbers("1, 4-6", 10) == {1, 4, 5, 6}
    assert numbers("2-2", 2) == {2}


@pytest.mark.parametrize("text", ["", "a", "1,", "-1", "1-", "1.5", "²"])
def test_what_is_no_number_of_a_fold_is_refused(text):
    with pytest.raises(ConfigError, match="is no fold; give numbers and ranges"):
        numbers(text, 10)


@pytest.mark.parametrize("text", ["0", "11", "3-2", "9-11"])
def test_folds_that_are_not_there_are_refused(text):
    with pytest.raises(ConfigError, match="the folds are 1 to 10"):
        numbers(text, 10)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--data", "none.csv"), "none.csv"),
        (("--data", SHOP_MESSAGES, "--preset", "nope"), "no preset 'nope'"),
        (("--data", SHOP_MESSAGES, "--set", "filter=3"), "no hyper-parameter 'filter'"),
        (("--data", SHOP_MESSAGES, "--only", "11"), "the folds are 1 to 10"),
        (("--data", SHOP_MESSAGES, "--folds", "241"), "241 folds need as many texts, and there are 240"),
    ],
    ids=["data", "preset", "set", "only", "folds"],
)
def test_what_cannot_be_measured_fails_with_one_line(cli, one_line, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert message in one_line(cli("crossval", *arguments))
    assert list(tmp_path.iterdir()) == []


def test_the_process_of_a_fold_is_no_command_for_people(cli):
    ended = cli("--help")
    assert "crossval " in ended.out
    assert "crossval-fold" not in ended.out
