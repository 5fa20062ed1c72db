import dataclasses

import pytest

from app.metrics.drift import drift
from app.statistics import Statistics
from app.statistics.window import MOST_CLASSES
from tests.app.fakes import fake_serving

LABELS = ("calm", "storm", "thaw")
METRICS = {"confusion": [[40, 0, 10], [10, 20, 0], [0, 0, 20]], "rows": 100, "unknown_share": 0.1}
DAY_S = 86_400


def manifest(labels=LABELS, **metrics):
    return fake_serving().bundle.manifest.model_copy(update={"labels": labels, "metrics": metrics})


def counted(best, known=900, words=1000, labels=LABELS, version=1):
    """What was predicted, in two processes."""
    memory = bytearray(2 * len(Statistics()._table) * 8)
    for row in range(2):
        statistics = Statistics(memory, row)
        statistics.serves(version, labels)
        statistics.predicted(version, labels, best, confidence=1, known=known, words=words)
    return statistics.read()


def test_live_shares_are_held_against_the_columns_of_the_confusion_matrix():
    found = drift(manifest(**METRICS), 1, counted([0] * 25 + [1] * 50 + [2] * 25), DAY_S)
    assert found.class_shares == [0.5, 0.2, 0.3]
    assert found.window.classes == (50, 100, 50)
    # (0.25 - 0.5) ln 0.5 + (0.5 - 0.2) ln 2.5 + (0.25 - 0.3) ln(5 / 6)
    assert found.classes.psi == pytest.approx(0.25 * 0.693147 + 0.3 * 0.916291 + 0.05 * 0.182322, abs=1e-6)
    assert found.classes.level == "major"
    assert found.unknown_words.psi == pytest.approx(0)
    assert found.unknown_words.level == "stable"


def test_unknown_words_are_held_against_those_of_the_test_rows():
    found = drift(manifest(**METRICS), 1, counted([0] * 50, known=300, words=400), DAY_S)
    # (0.25 - 0.1) ln 2.5 + (0.75 - 0.9) ln(5 / 6)
    assert found.unknown_words.psi == pytest.approx(0.15 * 0.916291 + 0.15 * 0.182322, abs=1e-6)
    assert found.unknown_words.level == "moderate"


@pytest.mark.parametrize(
    "confusion",
    [
        None,
        "x",
        [],
        [1, 2, 3],
        [[1, 2], [3, 4]],
        [[0] * 3] * 3,
        [[1, 2, -3]] * 3,
        [[1, 2, None]] * 3,
        [[1.5, 2, 3]] * 3,
    ],
)
def test_a_bundle_without_a_confusion_matrix_of_its_labels_has_no_drift_of_classes(confusion):
    found = drift(manifest(**METRICS | {"confusion": confusion}), 1, counted([0] * 100), DAY_S)
    assert found.classes.psi is None
    assert found.classes.reason == "The bundle does not say what its network predicted for its test rows."
    assert found.class_shares is None
    assert found.unknown_words.psi is not None


@pytest.mark.parametrize("share", [None, "x", -0.1, 1.1, float("nan")])
def test_a_bundle_without_a_share_of_unknown_words_has_no_drift_of_them(share):
    found = drift(manifest(**METRICS | {"unknown_share": share}), 1, counted([0] * 100), DAY_S)
    assert found.unknown_words.psi is None
    assert "older Tercet" in str(found.unknown_words.reason)
    assert found.unknown_share is None
    assert found.classes.psi is not None


def test_a_bundle_that_says_nothing_has_no_drift():
    found = drift(manifest(), 1, counted([0] * 100), DAY_S)
    assert (found.classes.psi, found.unknown_words.psi) == (None, None)


def test_another_version_has_said_nothing():
    found = drift(manifest(**METRICS), 2, counted([0] * 100), DAY_S)
    assert found.classes.reason == found.unknown_words.reason == "This version classified no text in the window."


def test_of_many_classes_the_last_are_taken_together_on_both_sides():
    size = MOST_CLASSES + 10
    labels = tuple(map(str, range(size)))
    confusion = [[3 * (row == column) for column in range(size)] for row in range(size)]
    found = drift(
        manifest(labels, confusion=confusion, unknown_share=0.1),
        1,
        counted([*range(size)] * 100, labels=labels),
        DAY_S,
    )
    assert found.labels == (*labels[: MOST_CLASSES - 1], "(other)")
    assert len(found.window.classes) == MOST_CLASSES
    assert found.window.classes[-1] == 11 * 200
    assert found.class_shares is not None
    assert found.class_shares[-1] == pytest.approx(11 / size)
    assert found.classes.psi is None  # three rows a class are too few
    assert dataclasses.asdict(found.window)["known_words"] == 1800
