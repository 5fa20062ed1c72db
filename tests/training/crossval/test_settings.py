from dataclasses import replace
from pathlib import Path

import pytest

from model.errors import ConfigError, TercetError
from training.crossval.settings import Settings, digest

SETTINGS = Settings(Path("data.csv"), "reference", {"epochs": 3}, folds=5, seed=7, repeats=2, cache=Path("cache"))


def test_folds_are_numbered_through_all_repetitions():
    assert SETTINGS.total == 10
    assert SETTINGS.seeds == [7, 8]
    assert [SETTINGS.fold_of(number) for number in (1, 5, 6, 10)] == [0, 4, 0, 4]
    assert [SETTINGS.seed_of(number) for number in (1, 5, 6, 10)] == [7, 7, 8, 8]


def test_a_repetition_learns_from_its_own_seed_and_otherwise_the_same():
    first, second = SETTINGS.hyper_parameters(1), SETTINGS.hyper_parameters(6)
    assert (first.training.seed, second.training.seed, first.training.epochs) == (7, 8, 3)
    assert replace(second, training=replace(second.training, seed=7)) == first


def test_another_process_reads_the_same_settings():
    assert Settings.from_json(SETTINGS.as_json()) == SETTINGS
    assert Settings.from_json(replace(SETTINGS, cache=None).as_json()) == replace(SETTINGS, cache=None)


@pytest.mark.parametrize(
    "change",
    [{"preset": "other"}, {"changes": {"epochs": 4}}, {"folds": 4}, {"seed": 8}, {"vectors": "none"}],
    ids=lambda change: next(iter(change)),
)
def test_what_changes_the_figures_makes_another_run(change, monkeypatch):
    from training.presets import PRESETS

    monkeypatch.setitem(PRESETS, "other", replace(PRESETS["reference"], name="other"))
    assert digest(replace(SETTINGS, **change).identity("f")) != digest(SETTINGS.identity("f"))


def test_other_data_make_another_run():
    assert digest(SETTINGS.identity("f")) != digest(SETTINGS.identity("g"))


@pytest.mark.parametrize("change", [{"repeats": 3}, {"cache": None}, {"device": "cpu"}, {"data": Path("b.csv")}])
def test_what_does_not_change_a_fold_makes_no_other_run(change):
    assert replace(SETTINGS, **change).identity("f") == SETTINGS.identity("f")


def test_vectors_are_known_by_name_and_size_wherever_they_are(tmp_path):
    identities = []
    for folder, text in (("a", "sea 1 2\n"), ("b", "sea 1 2\n"), ("c", "sea 1 2 3\n")):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "glove.txt"
        path.write_text(text)
        identities.append(replace(SETTINGS, vectors=str(path)).identity("f"))
    assert identities[0] == identities[1] != identities[2]
    assert identities[0]["vectors"] == ["glove.txt", 8]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"folds": 1}, "folds is 1; it must be 2 at least"),
        ({"repeats": 0}, "repeats is 0"),
        ({"preset": "nope"}, "no preset 'nope'"),
        ({"changes": {"epochs": 0}}, "epochs is 0"),
        ({"seed": (1 << 32) - 1}, "seed is 4294967296"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_settings_that_cannot_be_are_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        replace(SETTINGS, **change)


def test_vectors_that_are_not_there_are_told_before_anything_is_learnt(tmp_path):
    with pytest.raises((TercetError, OSError), match=r"none\.txt"):
        replace(SETTINGS, vectors=str(tmp_path / "none.txt")).identity("f")
