"""The tables: every preset is a point of its own space, and a search may be told to look elsewhere."""

import optuna
import pytest

from model.errors import ConfigError
from tests.training.small import SMALL
from training.presets import PRESETS, preset
from training.tuning.asked import read_asked
from training.tuning.space import Dimension, rows_of, space_of, start, value_of


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_is_a_point_of_its_space(name):
    chosen = preset(name)
    space = space_of(chosen)
    assert start(space, chosen) == {row.name: value_of(chosen, row.name) for row in space}


@pytest.mark.parametrize("name", PRESETS)
def test_both_ends_of_each_row_are_values_that_the_preset_takes(name):
    for row in rows_of(preset(name)):
        for end in (row.low, row.high):
            assert value_of(preset(name).adapted(**{row.name: end}), row.name) == end


def test_a_row_suggests_values_of_its_own_type():
    trial = optuna.create_study().ask()
    assert isinstance(Dimension("units", 2, 9, log=True).suggest(trial), int)
    assert isinstance(Dimension("dropout", 0.0, 1.0).suggest(trial), float)
    assert Dimension("schedule", choices=("a", "b")).suggest(trial) in ("a", "b")


def test_only_narrows_the_space():
    assert [row.name for row in space_of(SMALL, only=("units", "filters"))] == ["filters", "units"]


def test_what_is_not_there_cannot_be_tuned():
    with pytest.raises(ConfigError, match="no 'colour' to tune in preset small; there are: learning_rate, "):
        space_of(SMALL, only=("colour",))


def test_a_preset_outside_the_space_is_no_start():
    assert start(space_of(SMALL), SMALL) is None  # it has 4 filters
    assert start((Dimension("filters", 2, 8),), SMALL) == {"filters": 4}


def test_ranges_choices_and_single_values_are_read():
    changed, rows = read_asked(
        [
            "units=4..8",
            "learning_rate = 0.001..0.1",
            "schedule=constant,cosine",
            "epochs=7",
            "embedding_dropout=0..0.5",
        ],
        SMALL,
    )
    assert changed == SMALL.adapted(epochs=7)
    assert rows == {
        "units": Dimension("units", 4, 8, log=True),
        "learning_rate": Dimension("learning_rate", 0.001, 0.1, log=True),
        "schedule": Dimension("schedule", choices=("constant", "cosine")),
        "embedding_dropout": Dimension("embedding_dropout", 0.0, 0.5),
    }
    assert not rows["embedding_dropout"].whole
    space = space_of(changed, changes=rows)
    assert next(row for row in space if row.name == "units").high == 8
    assert next(row for row in space if row.name == "schedule").choices == ("constant", "cosine")


def test_from_zero_on_there_are_no_ratios():
    _, rows = read_asked(["learning_rate=0..1"], SMALL)
    assert not rows["learning_rate"].log


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("units", "sets nothing"),
        ("units=", "sets nothing"),
        ("colour=1..2", "no hyper-parameter 'colour'"),
        ("units=8..4", "no range"),
        ("units=4..", "sets nothing"),
        ("units=1.5..4", "of type int"),
        ("schedule=a..b", "no range"),
        ("units=2,many", "of type int"),
    ],
)
def test_what_does_not_read_so_is_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        read_asked([text], SMALL)
