"""`tune` from the command line, with real trainings of a small network."""

import json

import pytest

from tests.training.small import SMALL, write_messages
from training import preparation, presets
from training.data.dataset import load_dataset
from training.folds import outer_fold
from training.tuning import objective
from training.tuning.objective import Objective


@pytest.fixture
def data(tmp_path):
    return write_messages(tmp_path / "messages.csv")


@pytest.fixture
def tune(cli, data, tmp_path, monkeypatch):
    monkeypatch.setitem(presets.PRESETS, "small", SMALL)
    monkeypatch.chdir(tmp_path)
    space = ("--set", "filters=2..6", "--set", "schedule=constant,cosine", "--only", "filters,schedule", "--folds", 2)

    def call(*options):
        common = ("--data", data, "--vectors", "none", "--preset", "small", "--epochs", 1, *space)
        return cli("tune", *common, *options)

    return call


def test_a_search_ends_with_the_best_values_and_goes_on_when_asked_for_more(tune, tmp_path):
    ended = tune("--trials", 2)
    assert ended.code == 0, ended.err
    assert "2 trials in " in ended.out
    folder = tmp_path / "var" / "tuning"
    assert sorted(path.name for path in folder.glob("*[!.]*") if not path.name.startswith(".")) == [
        "messages-small",
        "messages-small.db",
    ]
    first = json.loads((folder / "messages-small" / "tuning.json").read_text())
    assert first["of_preset"]["parameters"] == {"filters": 4, "schedule": "constant"}
    assert (first["search"]["rows"], first["search"]["held_back"]) == (81, 9)
    again = tune("--trials", 3, "--json")
    assert (again.code, again.err) == (0, "")
    result = again.events[-1]
    assert result["event"] == "result"
    assert [trial["number"] for trial in result["trials"]] == [0, 1, 2]
    assert result["trials"][:2] == first["trials"]
    assert result["train"].startswith("python -m training train --data messages.csv --name messages --vectors none")


def test_no_row_of_the_outer_fold_reaches_a_training(tune, data, monkeypatch):
    seen = set()

    def spy(dataset, *rest):
        seen.update(dataset.texts)
        return prepare(dataset, *rest)

    prepare = preparation.prepare_split
    monkeypatch.setattr(objective, "prepare_split", spy)
    assert tune("--trials", 1).code == 0
    dataset = load_dataset(data)
    outer = {dataset.texts[row] for row in outer_fold(dataset.texts, dataset.targets)}
    assert seen == set(dataset.texts) - outer


def test_interrupted_it_writes_what_it_has_found(tune, tmp_path, monkeypatch):
    def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    assert tune("--trials", 1).code == 0
    monkeypatch.setattr(Objective, "__call__", interrupted)
    ended = tune("--trials", 2)
    assert ended.code == 130
    assert ended.err.endswith("error: interrupted; the trials are kept, and the same command goes on\n")
    content = json.loads((tmp_path / "var" / "tuning" / "messages-small" / "tuning.json").read_text())
    assert [trial["state"] for trial in content["trials"]] == ["complete", "failed"]


def test_other_data_are_refused_in_one_line(tune, data, one_line):
    tune("--trials", 1, "--minutes", 0)
    write_messages(data, rows_per_class=31)
    assert "is of another search: other data. Begin another with --study" in one_line(tune("--trials", 1))


def test_what_cannot_be_tuned_is_refused_in_one_line(tune, one_line):
    assert "no hyper-parameter 'colour'" in one_line(tune("--set", "colour=1..2"))
