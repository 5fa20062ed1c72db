import json
from typing import Any

import pytest

from model.errors import ConfigError
from training.crossval_figures import check_same, read_crossval

FIGURES = {"log_loss": 0.3, "accuracy": 0.9, "macro_f1": 0.89, "expected_calibration_error": 0.01}
DOCUMENT = {
    "kind": "crossval",
    "complete": True,
    "data": {"fingerprint": "ab" * 32},
    "preset": "accurate",
    "hyper_parameters": {"network": {"units": 100}, "training": {"epochs": 5, "seed": 0}},
    "settings": {"folds": 10, "seeds": [0, 1], "command": "python -m training crossval --data toy.csv"},
    "mean": FIGURES,
    "standard_error": FIGURES | {"accuracy": None},
    "pooled": FIGURES | {"rows": 200, "confusion": []},
    "baseline": {"pooled": FIGURES},
}
SAME: dict[str, Any] = {
    "fingerprint": "ab" * 32,
    "preset": "accurate",
    "hyper_parameters": {"network": {"units": 100, "new": 1}, "training": {"epochs": 5, "seed": 7}},
}


@pytest.fixture
def written(tmp_path):
    def write(**changes):
        path = tmp_path / "crossval.json"
        path.write_text(json.dumps(DOCUMENT | changes), encoding="utf-8")
        return path

    return write


def test_the_figures_of_a_document_are_read(written):
    figures = read_crossval(written())
    assert (figures.preset, figures.folds, figures.seeds, figures.rows) == ("accurate", 10, (0, 1), 200)
    assert figures.table()[:2] == [
        ("log loss", "0.3000 ± 0.3000", "0.3000", "0.3000"),
        ("accuracy", "0.9000", "0.9000", "0.9000"),
    ]
    content = json.loads(json.dumps(figures.as_dict()))
    assert content["pooled"] == FIGURES
    assert "hyper_parameters" not in content


@pytest.mark.parametrize("changes", [{"kind": "tune"}, {"pooled": {}}, {"settings": None}, {"mean": {"log_loss": "x"}}])
def test_what_is_no_such_document_is_refused(written, changes):
    with pytest.raises(ConfigError, match="holds no cross-validation"):
        read_crossval(written(**changes))


@pytest.mark.parametrize("content", ["", "[]", "{", "3"])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match="holds no cross-validation"):
        read_crossval(path)


def test_an_unfinished_cross_validation_is_refused(written):
    with pytest.raises(ConfigError, match="is not finished"):
        read_crossval(written(complete=False))


def test_the_same_data_preset_and_hyper_parameters_are_accepted_whatever_the_seed(written):
    check_same(read_crossval(written()), **SAME)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fingerprint": "cd" * 32}, r"is of other data \(fingerprint abababababab…\) than these \(cdcdcdcdcdcd…\)"),
        ({"preset": "reference"}, "is of the preset 'accurate', and this run is of 'reference'"),
        ({"hyper_parameters": {"network": {"units": 9}, "training": {"epochs": 6}}}, "has another epochs, units than"),
    ],
)
def test_anything_else_is_refused(written, changes, said):
    with pytest.raises(ConfigError, match=said):
        check_same(read_crossval(written()), **(SAME | changes))
