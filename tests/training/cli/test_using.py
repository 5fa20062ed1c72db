"""`evaluate` and `predict` from the command line."""

import shutil

import pytest

from model.bundle import GRAPH
from tests.training.recording import RecordingProgress
from training import scoring

ROWS = "text,label\nthe sea was calm,calm\na storm came,storm\nthe snow began to thaw,thaw\nthe sea,storm\n"


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "held-out.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


@pytest.fixture(params=["the serving version", "by name", "a folder"])
def which(request, toy_registry):
    """The ways to say which bundle."""
    return {
        "the serving version": ("--models", toy_registry),
        "by name": ("--models", toy_registry, "--name", "toy"),
        "a folder": ("--bundle", toy_registry / "toy" / "1"),
    }[request.param]


def test_evaluate_gives_the_figures(cli, which, data, toy_registry):
    expected = scoring.score(toy_registry / "toy" / "1", data, None, None, RecordingProgress())
    ended = cli("evaluate", "--data", data, *which)
    assert ended.code == 0
    assert ended.out == scoring.table(expected) + "\n"
    result = cli("evaluate", "--data", data, *which, "--json").events[-1]
    assert result["log_loss"] == expected.evaluation.log_loss
    assert result["rows"] == 4


def test_predict_gives_the_probabilities(cli, which, toy_registry):
    expected = scoring.predict(toy_registry / "toy" / "1", "a storm")
    ended = cli("predict", "a storm", *which)
    assert (ended.code, ended.out, ended.err) == (0, scoring.ranking(expected) + "\n", "")
    ended = cli("predict", "a storm", *which, "--json")
    assert ended.events == [{"event": "result", **expected.as_dict()}]


def test_a_guess_is_told_from_knowledge(cli, toy_registry):
    ended = cli("predict", "zzz", "--models", toy_registry)
    assert ended.code == 0
    assert ended.err == "warning: the model knows no word of this text, so its answer is a guess\n"


@pytest.mark.parametrize("command", [("predict", "a storm"), ("evaluate", "--data", "held-out.csv")])
def test_which_bundle_has_to_be_clear(cli, one_line, toy_registry, tmp_path, command):
    assert "has no model yet; train one first" in one_line(cli(*command, "--models", tmp_path / "empty"))
    two = shutil.copytree(toy_registry, tmp_path / "two")
    shutil.copytree(two / "toy", two / "other")
    assert "holds these models: other, toy. Choose with --name" in one_line(cli(*command, "--models", two))
    assert "no model 'third'" in one_line(cli(*command, "--models", two, "--name", "third"))
    assert "is not a folder" in one_line(cli(*command, "--bundle", tmp_path / "nowhere"))
    (two / "toy" / "1" / GRAPH).write_bytes(b"damaged")
    assert f"{GRAPH} does not match its sha256" in one_line(cli(*command, "--models", two, "--name", "toy"))


def test_evaluate_refuses_other_labels(cli, toy_registry, data):
    data.write_text(ROWS.replace(",thaw", ",spring"), encoding="utf-8")
    ended = cli("evaluate", "--data", data, "--models", toy_registry)
    assert (ended.code, ended.out) == (1, "")
    assert "error: held-out.csv: unknown labels: 'spring' in 1 row" in ended.err
