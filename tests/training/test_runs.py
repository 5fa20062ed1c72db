"""A run with a name, ended at any moment and started again, is one whole version and one decision."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from model import durable
from model.bundle import MANIFEST, verify
from model.errors import ConfigError
from model.registry import Registry
from model.savedmodel import SavedModelEngine
from tests.training.recording import RecordingProgress
from tests.training.small import ROOT, SMALL, write_messages
from training import pipeline, runs
from training.checkpoint import CheckpointFile
from training.errors import DataError
from training.fit import Fit
from training.outcome import Outcome
from training.pipeline import Target, train
from training.preparation import DataSource
from training.runs import find_version, run_folder

RUN = "job-1"


@pytest.fixture(autouse=True)
def no_report(monkeypatch):
    monkeypatch.setattr(pipeline, "write_report", lambda folder, contents: None)


def again(folder, *, promote="if_better", run=RUN, epochs=6, data="messages.csv", progress=None):
    target = Target(Registry(folder / "models"), "messages", promote, run=run)
    source = DataSource(folder / data, vectors="none")
    return train(source, SMALL.adapted(epochs=epochs), target, progress or RecordingProgress(), resume=True)


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A folder in which a version serves that learnt for one epoch only."""
    folder = tmp_path_factory.mktemp("runs")
    write_messages(folder / "messages.csv", rows_per_class=100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "write_report", lambda folder, contents: None)
        again(folder, run=None, epochs=1)
    return folder


@pytest.fixture(scope="module")
def unkilled(first, tmp_path_factory):
    """The run when nothing ends it."""
    folder = tmp_path_factory.mktemp("unkilled") / "all"
    shutil.copytree(first, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "write_report", lambda folder, contents: None)
        return again(folder)


@pytest.fixture
def folder(first, tmp_path):
    shutil.copytree(first, tmp_path / "all")
    return tmp_path / "all"


class EndedError(BaseException):
    """Stands for the end of the process: no handler of errors catches it."""


def end(*_, **__):
    raise EndedError


def ends_before(owner, name, *, when=lambda *_: True):
    """A change after which the process ends when `name` is about to be called, the first time that `when` holds."""

    def change(patch):
        usual = getattr(owner, name)
        patch.setattr(owner, name, lambda *given, **named: end() if when(*given) else usual(*given, **named))

    return change


MOMENTS = {
    "reading": ends_before(pipeline, "prepare"),
    "in the third epoch": ends_before(Fit, "_epoch", when=lambda fit, number, *_: number == 3),
    "evaluating": ends_before(pipeline, "_evaluate"),
    "exporting": ends_before(pipeline, "_export"),
    "verifying what was exported": ends_before(durable, "sync_tree"),
    "registering": ends_before(Path, "rename", when=lambda path, new: Path(new).name == "2"),
    "registered": ends_before(durable, "sync_folder", when=lambda path: (path / "2").is_dir()),
    "before the checkpoint is discarded": ends_before(CheckpointFile, "discard"),
    "before the decision": ends_before(pipeline, "settle"),
    "promoting": ends_before(Registry, "promote"),
    "before the pointer": ends_before(durable, "write_text", when=lambda path, _: path.name == "current"),
    "promoted": ends_before(Outcome, "of_version"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_ended_at_any_moment_it_becomes_one_version_that_serves(folder, unkilled, moment):
    with pytest.MonkeyPatch.context() as patch:
        MOMENTS[moment](patch)
        with pytest.raises(EndedError):
            again(folder)
    assert_as_if_never_ended(folder, again(folder), unkilled)
    assert_as_if_never_ended(folder, again(folder), unkilled)


def assert_as_if_never_ended(folder, outcome, unkilled):
    registry = Registry(folder / "models")
    assert registry.versions("messages") == [1, 2]
    assert registry.current("messages") == 2
    assert registry.previous("messages") == 1
    assert (outcome.version, outcome.run, outcome.promotion) == (2, RUN, unkilled.promotion)
    assert (outcome.evaluation, outcome.baseline) == (unkilled.evaluation, unkilled.baseline)
    assert outcome.comparison == unkilled.comparison
    ids = np.random.default_rng(0).integers(0, 30, (50, 12)).astype(np.int32)
    ours, theirs = (SavedModelEngine(verify(each)).probabilities(ids) for each in (outcome.folder, unkilled.folder))
    assert np.array_equal(ours, theirs)
    left = {path.name for path in registry.home("messages").iterdir()}
    assert left == {".lock", "1", "2", "current", "promoted"}


def test_the_run_that_nothing_ends_is_better_and_says_so(unkilled):
    assert unkilled.promotion.promoted
    assert unkilled.promotion.replaced == 1
    assert unkilled.comparison is not None
    assert unkilled.comparison["better"]
    assert unkilled.promotion.reason == unkilled.comparison["verdict"]
    assert unkilled.comparison["challenger"]["version"] == 2
    content = json.loads(json.dumps(unkilled.as_dict(), allow_nan=False))
    assert (content["run"], content["serves"], content["feedback"]) == (RUN, True, None)
    assert content["vectors"] == {"source": "none", "coverage": None}


def test_a_run_that_is_over_is_not_trained_again(folder, monkeypatch):
    outcome = again(folder)
    monkeypatch.setattr(pipeline, "prepare", end)
    progress = RecordingProgress()
    repeated = again(folder, progress=progress)
    assert progress.events == [("note", "this run has registered version 2 already; going on from there")]
    assert repeated.as_dict() | {"seconds": {}, "history": {}} == outcome.as_dict() | {"seconds": {}, "history": {}}


def test_another_run_is_another_version(folder):
    again(folder)
    other = again(folder, run="job-2")
    assert other.version == 3
    assert other.comparison is not None
    assert not other.comparison["better"]  # the same network
    assert (other.promotion.promoted, Registry(folder / "models").current("messages")) == (False, 2)


def test_ended_before_the_decision_it_does_not_replace_what_was_promoted_meanwhile(folder):
    with pytest.MonkeyPatch.context() as patch:
        MOMENTS["before the decision"](patch)
        with pytest.raises(EndedError):
            again(folder)
    again(folder, run=None, promote="always", epochs=2)
    outcome = again(folder)
    assert not outcome.promotion.promoted
    assert "another version was promoted meanwhile" in outcome.promotion.reason
    assert Registry(folder / "models").current("messages") == 3


def test_a_run_goes_on_from_its_own_checkpoint_only(folder):
    with pytest.MonkeyPatch.context() as patch:
        MOMENTS["in the third epoch"](patch)
        with pytest.raises(EndedError):
            again(folder)
    other, own = RecordingProgress(), RecordingProgress()
    again(folder, run="job-2", progress=other)
    again(folder, progress=own)
    assert not [message for (message,) in other.of("note") if message.startswith("going on after")]
    assert ("going on after epoch 2",) in own.of("note")


def test_a_broken_champion_does_not_stop_the_training(folder):
    (Registry(folder / "models").path("messages", 1) / "saved_model.pb").write_bytes(b"")
    progress = RecordingProgress()
    outcome = again(folder, progress=progress)
    assert (outcome.version, outcome.comparison, outcome.promotion.promoted) == (2, None, False)
    assert outcome.uncompared is not None
    assert "saved_model.pb does not match its sha256" in outcome.promotion.reason
    assert (outcome.uncompared["reason"],) in progress.of("warn")
    assert outcome.uncompared["reason"] in outcome.summary()
    assert verify(outcome.folder).manifest.metrics["comparison"] is None


@pytest.mark.parametrize(("allowed", "serving"), [(False, 1), (True, 2)])
def test_other_labels_are_promoted_only_where_that_is_allowed(folder, allowed, serving):
    write_messages(folder / "wider.csv", classes=4)
    target = Target(Registry(folder / "models"), "messages", "if_better", allow_label_change=allowed)
    outcome = train(DataSource(folder / "wider.csv", vectors="none"), SMALL, target, RecordingProgress())
    assert outcome.comparison is None
    assert outcome.promotion.promoted is allowed
    assert "(new: c3)" in outcome.promotion.reason
    assert target.registry.current("messages") == serving


def test_a_run_whose_data_cannot_be_read_leaves_nothing(folder):
    with pytest.raises(DataError):
        again(folder, data="missing.csv")
    assert not (folder / "models" / "messages" / ".checkpoints").exists()


@pytest.mark.parametrize("run", ["", "../up", "a b", "x" * 65, "a.b", "é"])
def test_a_name_that_no_run_can_have_is_refused(tmp_path, run):
    with pytest.raises(ConfigError, match="is no name for a run"), run_folder(Registry(tmp_path), "toy", run):
        pytest.fail("it was let in")
    assert list(tmp_path.iterdir()) == []


def test_two_processes_at_the_same_run_go_one_after_the_other(tmp_path):
    registry, inside, order = Registry(tmp_path), threading.Event(), []

    def second():
        with run_folder(registry, "toy", RUN):
            order.append("second")

    with run_folder(registry, "toy", RUN) as folder:
        thread = threading.Thread(target=second)
        thread.start()
        inside.wait(0.2)
        (folder / "x.checkpoint").write_bytes(b"")
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
    assert not (registry.home("toy") / ".checkpoints").exists()


def test_runs_that_nobody_came_back_to_are_forgotten(tmp_path):
    registry = Registry(tmp_path)
    folder = registry.home("toy") / ".checkpoints"
    for name, age_s in (("old", runs._FORGOTTEN_AFTER_S + 60), ("young", 60)):
        (folder / name).mkdir(parents=True)
        (folder / name / "x.checkpoint").write_bytes(b"")
        os.utime(folder / name, (time.time() - age_s,) * 2)
    (folder / "unnamed.checkpoint").write_bytes(b"")
    with run_folder(registry, "toy", RUN):
        assert {path.name for path in folder.iterdir()} == {"young", "unnamed.checkpoint", RUN}


def test_a_version_without_a_manifest_is_of_no_run(folder):
    registry = Registry(folder / "models")
    (registry.path("messages", 1) / MANIFEST).unlink()
    assert find_version(registry, "messages", RUN) is None
    assert find_version(registry, "messages", None) is None


KILLED = """
import os, signal, sys
from model import durable

usual = durable.write_text

def kill_before(path, text):
    if path.name == {name!r}:
        os.kill(os.getpid(), signal.SIGKILL)
    usual(path, text)

durable.write_text = kill_before
from training.cli import main
main()
"""


@pytest.mark.parametrize("name", ["promoted", "current"])
def test_killed_while_it_promotes_a_real_process_ends_in_one_version(folder, name):
    places = ("--data", folder / "messages.csv", "--models", folder / "models", "--cache", folder / "cache")
    how = ("--epochs", 1, "--vectors", "none", "--embedding-dim", 4, "--run", RUN, "--resume", "--threads", 1)
    words = [str(word) for word in ("train", *places, *how, "--promote", "always", "--json")]
    kills = [sys.executable, "-c", KILLED.format(name=name), *words]
    killed = subprocess.run(kills, cwd=ROOT, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    registry = Registry(folder / "models")
    assert (registry.versions("messages"), registry.current("messages")) == ([1, 2], 1)
    done = subprocess.run(
        [sys.executable, "-m", "training", *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["version"], result["promotion"]["replaced"]) == (2, 1)
    assert (registry.versions("messages"), registry.current("messages"), registry.previous("messages")) == (
        [1, 2],
        2,
        1,
    )
    assert not (registry.home("messages") / ".checkpoints").exists()
