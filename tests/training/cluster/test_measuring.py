"""A trial on a node: each epoch is said as it ends, and at last what came of it."""

from typing import Any

import pytest

from model.errors import ConfigError, DeviceError
from tests.training.small import SMALL, write_messages
from training.cluster import measuring
from training.cluster.ledger import ERROR, STEP, UNTIL_NOW, WARNINGS
from training.cluster.measuring import Work, run_trial
from training.config import LONGEST_TRAINING
from training.data.dataset import load_dataset
from training.errors import TrainingError, VectorsError
from training.preparation import DataSource
from training.tuning import objective
from training.tuning.inner import inner_folds
from training.tuning.search import FOLDS, REASON


@pytest.fixture
def work(tmp_path, monkeypatch):
    monkeypatch.setattr(measuring, "limit_threads", lambda _: None)  # this process has others to compute for
    data = write_messages(tmp_path / "data.csv")
    inner = inner_folds(load_dataset(data), SMALL.training, 2)
    data.unlink()  # a node has it not
    return Work(DataSource(data, vectors="none"), SMALL, inner, "auto", 1)


def test_it_says_every_epoch_and_at_last_the_log_loss_of_each_fold(work):
    said: list[dict[str, Any]] = []
    run_trial({"filters": 3}, work, said.append)
    epochs, last = said[:-1], said[-1]
    assert [set(each) for each in epochs] == 4 * [{UNTIL_NOW, STEP, WARNINGS}]  # two folds of two epochs
    assert [each[STEP] for each in epochs] == [1, 2, LONGEST_TRAINING + 1, LONGEST_TRAINING + 2]
    assert len(last[FOLDS]) == 2
    assert last[WARNINGS] == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TrainingError("it diverged"), {REASON: "it diverged"}),
        (ConfigError("too narrow"), {REASON: "too narrow"}),
        (VectorsError("glove.txt is damaged"), {ERROR: "glove.txt is damaged"}),
        (DeviceError("no GPU"), {ERROR: "no GPU"}),
        (MemoryError("no more"), {ERROR: "MemoryError: no more"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_goes_wrong_is_said(work, monkeypatch, error, said):
    def fails(*_arguments, **_options):
        raise error

    monkeypatch.setattr(objective, "prepare_split", fails)
    heard: list[dict[str, object]] = []
    run_trial({"filters": 3}, work, heard.append)
    assert heard == [said | {WARNINGS: []}]
