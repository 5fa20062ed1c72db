"""Fits, folds and trials on three nodes, of which each loses one: the figures are those of one machine."""

import contextlib
import json
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from tests.ray_cluster import ROOT
from tests.training.small import figures, write_messages
from training.checkpoint import CheckpointFile
from training.crossval.fold import answer_fold
from training.crossval.result import FoldResult
from training.crossval.settings import Settings
from training.data.dataset import load_dataset
from training.learning import learn
from training.preparation import DataSource, prepare
from training.presets import preset
from training.progress import SilentProgress
from training.tuning.run import Asked, Place, tune
from training.tuning.search import Budget

pytestmark = pytest.mark.ray

CHANGES = {"filters": 4, "units": 5, "batch_size": 32, "embedding_dim": 4}
FOLDS, EPOCHS = 3, 2
TRIALS = 2
FIT_EPOCHS = 60
"""Enough to lose a node in their midst."""
LONGEST_S = 300


@pytest.fixture
def data(tmp_path):
    return write_messages(tmp_path / "messages.csv")


@pytest.fixture
def fit(cluster, tmp_path):
    """`train` on 48 rows, whose result does not depend on the dropout that each worker draws for itself."""
    rows = write_messages(tmp_path / "rows.csv", rows_per_class=16)
    options = ("--preset", "reference", "--vectors", "none", "--epochs", FIT_EPOCHS, "--patience", FIT_EPOCHS)
    settings = settings_of(CHANGES | {"batch_size": 16, "embedding_dropout": 0.0})

    def start(*words):
        return command(cluster, "train", "--data", rows, *options, *settings, "--name", "toy", *words)

    return start


@contextlib.contextmanager
def command(cluster, *words):
    """`python -m training …` on the cluster, which begins here and is killed where the block is left early."""
    line = [sys.executable, "-m", "training", *map(str, words), "--ray", cluster.address, "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(line, cwd=ROOT, env=cluster.environment, text=True, stdout=pipe, stderr=pipe) as process:
        try:
            yield process
        finally:
            process.kill()


def settings_of(changes):
    return [word for name, value in changes.items() for word in ("--set", f"{name}={value}")]


def nodes_at_work(cluster, name):
    """The numbers of the nodes, but the head, on which the task or actor `name` runs."""
    found = set()
    for process in psutil.process_iter(["cmdline"]):
        with contextlib.suppress(psutil.Error):
            if (process.info["cmdline"] or [""])[0].startswith(f"ray::{name}"):
                above = [word for parent in process.parents() for word in parent.cmdline()]
                if f"--address={cluster.address}" in above:
                    place = next(word for word in above if word.startswith("--temp-dir="))
                    found.add(int(place.rpartition("/")[2]))
    return found


def kill_a_node_at_work(cluster, name, process):
    deadline = time.monotonic() + LONGEST_S
    while not (numbers := nodes_at_work(cluster, name)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, f"no {name} runs"
        time.sleep(0.3)
    cluster.kill(numbers.pop())


def result_of(process):
    out, errors = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 0, errors
    assert errors == ""
    return [json.loads(line) for line in out.splitlines()][-1]


def until_epochs(process, number):
    """Its lines until so many epochs have begun."""
    lines = []
    for line in process.stdout:
        lines.append(json.loads(line))
        assert lines[-1]["event"] != "error", lines[-1]
        number -= lines[-1]["event"] == "stage" and "epoch" in lines[-1]
        if number == 0:
            return lines
    raise AssertionError(process.communicate())


def test_more_workers_than_there_is_room_for_are_refused_at_once(fit, tmp_path):
    with fit("--models", tmp_path / "there", "--workers", 4) as process:
        out, errors = process.communicate(timeout=LONGEST_S)
    assert (process.returncode, errors) == (1, "")
    (event,) = map(json.loads, out.splitlines())
    assert (event["event"], event["type"]) == ("error", "ClusterError")
    assert event["message"].startswith("The cluster has room for 3 workers of 1 cores each, and not for 4.")
    assert not (tmp_path / "there").exists()


def test_a_fit_that_is_ended_gone_on_with_and_loses_a_node_comes_to_what_one_machine_comes_to(fit, cluster, tmp_path):
    with fit("--models", tmp_path / "there") as process:
        until_epochs(process, 1)
        while not list((tmp_path / "there").rglob("*.checkpoint")):
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        process.terminate()
        _, errors = process.communicate(timeout=LONGEST_S)
    assert (process.returncode, errors) == (-signal.SIGTERM, "")

    with fit("--models", tmp_path / "there", "--resume") as process:
        lines = until_epochs(process, 2)
        doomed = nodes_at_work(cluster, "RayTrainWorker").pop()
        lines += until_epochs(process, 2)
        cluster.kill(doomed)
        out, errors = process.communicate(timeout=LONGEST_S)
    assert (process.returncode, errors) == (0, "")
    lines += map(json.loads, out.splitlines())
    messages = [line["message"] for line in lines if line["event"] in ("note", "warning")]
    assert "learning with 2 workers on the cluster" in messages
    assert messages.count("a worker or its node was lost; going on from the last whole epoch") == 1
    ended, lost = [int(message.split()[-1]) for message in messages if message.startswith("going on after epoch")]
    assert 1 <= ended < lost < FIT_EPOCHS

    changes = CHANGES | {"batch_size": 16, "embedding_dropout": 0.0, "patience": FIT_EPOCHS}
    chosen = preset("reference").adapted(epochs=FIT_EPOCHS, **changes)
    prepared = prepare(DataSource(tmp_path / "rows.csv", vectors="none"), chosen, SilentProgress())
    here = figures(learn(prepared, CheckpointFile(tmp_path / "x.checkpoint"), SilentProgress()).history)
    there = figures(lines[-1]["history"])
    assert len(there) == FIT_EPOCHS
    for one, other in zip(here, there, strict=True):
        assert other == pytest.approx(one, abs=1e-5)


def test_folds_of_a_lost_node_are_learnt_elsewhere_as_on_one_machine(cluster, data, tmp_path):
    folder = tmp_path / "folds"
    options = ("--preset", "reference", "--vectors", "none", "--folds", FOLDS, "--epochs", EPOCHS, "--patience", EPOCHS)
    with command(cluster, "crossval", "--data", data, "--folder", folder, *options, *settings_of(CHANGES)) as process:
        kill_a_node_at_work(cluster, "learn_fold", process)
        result = result_of(process)
    assert (result["event"], result["complete"]) == ("result", True)
    assert [fold["epochs"] for fold in result["folds"]] == FOLDS * [EPOCHS]
    changes = CHANGES | {"epochs": EPOCHS, "patience": EPOCHS}
    settings = Settings(data, "reference", changes, folds=FOLDS, vectors="none")
    here = answer_fold(settings, FOLDS, load_dataset(data), SilentProgress())
    there = FoldResult.load(folder / f"fold-{FOLDS:02}.npz")
    assert np.array_equal(there.rows, here.rows)
    assert np.array_equal(there.baseline, here.baseline)
    # This process computes with more threads, so sums may differ in their last bits.
    np.testing.assert_allclose(there.probabilities, here.probabilities, atol=1e-6)


def test_trials_of_a_lost_node_are_run_elsewhere_as_on_one_machine(cluster, data, tmp_path):
    storage, report = tmp_path / "toy.db", tmp_path / "report"
    space = ("filters=2..6", *(f"{name}={value}" for name, value in CHANGES.items() if name != "filters"))
    sets = [word for each in space for word in ("--set", each)]
    words = ("--preset", "reference", "--vectors", "none", "--folds", 2, "--epochs", EPOCHS, "--only", "filters", *sets)
    places = ("--study", "toy", "--storage", storage, "--report", report)
    with command(cluster, "tune", "--data", data, "--trials", TRIALS, *places, *words) as process:
        kill_a_node_at_work(cluster, "ImplicitFunc", process)
        there = result_of(process)["trials"]
    assert [trial["state"] for trial in there] == TRIALS * ["complete"]

    chosen = preset("reference").adapted(epochs=EPOCHS)
    source, asked = DataSource(data, vectors="none"), Asked(2, ("filters",), space)

    place = Place("toy", tmp_path / "here.db", tmp_path / "here")
    here = tune(source, chosen, asked, Budget(TRIALS), place, SilentProgress()).findings.trials
    assert [trial["parameters"] for trial in there] == [trial.parameters for trial in here]
    np.testing.assert_allclose([trial["folds"] for trial in there], [trial.folds for trial in here], atol=1e-6)
    again = tune(source, chosen, asked, Budget(TRIALS), Place("toy", storage, report), SilentProgress())
    assert [trial.number for trial in again.findings.trials] == [0, 1]  # the study of the cluster is this one's, too
