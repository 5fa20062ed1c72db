"""The figures of quality in the documents are those that the cross-validation wrote and the bundles hold."""

import json
from pathlib import Path

import pytest

from model.bundle import read_manifest

ROOT = Path(__file__).parents[1]
BUNDLES = ROOT / "assets" / "bundles" / "spooky-authors"
CARD = (BUNDLES / "README.md").read_text(encoding="utf-8")
CROSSVAL = json.loads((ROOT / "benchmarks" / "crossval.json").read_text(encoding="utf-8"))
FIGURES = ("log_loss", "accuracy", "macro_f1")


def row(name: str) -> list[list[str]]:
    """The cells of each row of the card's tables that begins with `name`."""
    lines = [line.strip("| ").split(" | ") for line in CARD.splitlines() if line.startswith(f"| {name} |")]
    return [cells[1:] for cells in lines]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("`accurate`", ()),
        ("… its wide part alone", ("parts", "wide part alone")),
        ("… its deep part alone", ("parts", "deep part alone")),
        ("TF-IDF of word 1-2-grams with logistic regression", ("baseline",)),
    ],
)
def test_the_card_says_what_the_cross_validation_found(name, path):
    found = CROSSVAL
    for key in path:
        found = found[key]
    means = [f"{found['mean'][each]:.3f} ± {found['standard_error'][each]:.3f}" for each in FIGURES]
    assert row(name)[0] == [*means, f"{found['pooled']['expected_calibration_error']:.3f}"]


@pytest.mark.parametrize("version", ["1", "2"])
def test_the_card_says_what_each_bundle_reached_on_its_test_rows(version):
    metrics = read_manifest(BUNDLES / version).metrics
    figures = [f"{metrics[each]:.3f}" for each in (*FIGURES, "expected_calibration_error")]
    assert row(f"version {version}")[0] == figures


def test_the_readme_quotes_the_cross_validation():
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    ours, baseline = CROSSVAL["mean"], CROSSVAL["baseline"]["mean"]
    assert f"log loss {ours['log_loss']:.3f} and accuracy {ours['accuracy']:.3f}" in readme
    assert f"has {baseline['log_loss']:.3f} and {baseline['accuracy']:.3f}" in readme
    assert f"calibrated to {CROSSVAL['pooled']['expected_calibration_error']:.3f}" in readme


def test_the_default_preset_reaches_what_it_is_there_for():
    assert CROSSVAL["complete"]
    assert CROSSVAL["preset"] == "accurate"
    assert CROSSVAL["mean"]["log_loss"] <= 0.30
    assert CROSSVAL["mean"]["accuracy"] >= 0.89
    assert CROSSVAL["pooled"]["expected_calibration_error"] <= 0.015
