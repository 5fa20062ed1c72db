"""Real processes: killed, interrupted and terminated in the midst of a training, then resumed to the same result."""

import json
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from model.bundle import verify
from model.savedmodel import SavedModelEngine
from tests.training.small import ROOT, SHOP_MESSAGES, figures, write_glove
from training.checkpoint import CheckpointFile

EPOCHS = 6


def command(folder, *options):
    """The training that every test here runs, of the preset `reference` on the example data."""
    paths = ("--data", SHOP_MESSAGES, "--models", folder / "models", "--cache", folder / "cache")
    sizes = ("--preset", "reference", "--epochs", EPOCHS, "--patience", EPOCHS, "--embedding-dim", 4, "--seed", 1)
    vectors = ("--vectors", write_glove(folder / "glove.txt"))
    return [sys.executable, "-m", "training", "train", *map(str, (*paths, *sizes, *vectors, "--json", *options))]


def finish(folder, *options):
    """Run it to its end; what it said, all of it on standard output."""
    done = subprocess.run(command(folder, *options), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def stop(folder, number, *, at):
    """Run it, send the signal `number` when the stage `at` begins; exit code, last event and standard error."""
    with subprocess.Popen(
        command(folder), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "stage" and event["stage"].startswith(at):
                process.send_signal(number)
                break
        rest = process.stdout.read().splitlines()
        assert process.stderr is not None
        errors = process.stderr.read()
    return process.returncode, json.loads(rest[-1]) if rest else event, errors


def checkpoint(folder):
    (path,) = (folder / "models" / "shop-messages" / ".checkpoints").iterdir()
    return CheckpointFile(path).load()


def weights(folder):
    reader = tf.train.load_checkpoint(str(folder / "models" / "shop-messages" / "1" / "variables" / "variables"))
    return {
        name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map() if "_CHECKPOINTABLE" not in name
    }


def probabilities(folder):
    bundle = verify(folder / "models" / "shop-messages" / "1")
    ids = np.random.default_rng(0).integers(0, 500, (20, bundle.manifest.sequence_length)).astype(np.int32)
    return SavedModelEngine(bundle).probabilities(ids)


@pytest.fixture(scope="module")
def unkilled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unkilled")
    return folder, finish(folder)


def assert_same_result(folder, events, unkilled):
    expected_folder, expected = unkilled
    assert figures(events[-1]["history"]) == figures(expected[-1]["history"])
    assert events[-1]["evaluation"] == expected[-1]["evaluation"]
    ours, theirs = weights(folder), weights(expected_folder)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if not np.array_equal(ours[name], theirs[name])] == []
    assert np.array_equal(probabilities(folder), probabilities(expected_folder))
    assert not (folder / "models" / "shop-messages" / ".checkpoints").exists()


def test_a_run_says_nothing_but_json_and_ends_in_its_result(unkilled):
    _, events = unkilled
    said = [event for event in events if event["event"] in ("result", "error", "warning")]
    assert [event["event"] for event in said] == ["warning", "result"]
    assert "only 11% of the running words have a vector" in said[0]["message"]
    assert events[-1]["event"] == "result"
    assert len(events[-1]["history"]["records"]) == EPOCHS


def test_killed_after_its_second_epoch_it_resumes_to_the_same_result(unkilled, tmp_path):
    code, _, errors = stop(tmp_path, signal.SIGKILL, at="epoch 3")
    assert (code, errors) == (-signal.SIGKILL, "")
    done = len(checkpoint(tmp_path).history.records)
    assert done >= 2
    events = finish(tmp_path, "--resume")
    assert {"event": "note", "message": f"going on after epoch {done}"} in events
    assert f"epoch {done} of {EPOCHS}" not in [event.get("stage") for event in events]
    assert_same_result(tmp_path, events, unkilled)


def test_killed_before_its_first_checkpoint_it_starts_from_the_beginning(unkilled, tmp_path):
    code, last, _ = stop(tmp_path, signal.SIGKILL, at="reading")
    assert code == -signal.SIGKILL
    assert not (tmp_path / "models").exists(), last
    events = finish(tmp_path, "--resume")
    assert any("starting from the beginning" in event.get("message", "") for event in events)
    assert_same_result(tmp_path, events, unkilled)


def test_terminated_it_leaves_a_checkpoint_that_can_be_used(tmp_path):
    code, _, errors = stop(tmp_path, signal.SIGTERM, at="epoch 2")
    assert (code, errors) == (-signal.SIGTERM, "")
    assert len(checkpoint(tmp_path).history.records) >= 1


def test_a_person_who_interrupts_it_sees_one_line_and_no_traceback_and_can_go_on(unkilled, tmp_path):
    plain = [part for part in command(tmp_path) if part != "--json"]
    with subprocess.Popen(plain, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("epoch 2"):
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read().splitlines()
        assert process.stdout is not None
        assert process.stdout.read() == ""
    assert process.returncode == 130
    assert rest[-1].startswith("error: interrupted; what was finished is kept, and train --resume goes on")
    assert not [line for line in rest[:-1] if not line.startswith(("epoch ", "kept the weights", "evaluate"))]
    assert len(checkpoint(tmp_path).history.records) >= 2
    assert_same_result(tmp_path, finish(tmp_path, "--resume"), unkilled)
