import numpy as np
import pytest

from training.ablation import ablate
from training.errors import TrainingError
from training.evaluation import evaluate

IDS = np.array([[0, 1], [2, 3], [1, 1]], np.int32)
TARGETS = np.array([0, 1, 0], np.int32)


def test_each_part_is_measured_on_the_ids():
    def sure(ids):
        return np.array([[0.75, 0.25], [0.25, 0.75], [0.75, 0.25]])[: len(ids)]

    def even(ids):
        return np.full((len(ids), 2), 0.5)

    deep, wide = ablate({"deep": even, "wide": sure}, IDS, TARGETS, ("a", "b"))
    expected = evaluate(sure(IDS), TARGETS, ("a", "b"))
    assert deep.name == "deep"
    assert deep.log_loss == pytest.approx(np.log(2))
    assert (wide.log_loss, wide.accuracy) == (expected.log_loss, 1.0)
    assert wide.ece == expected.expected_calibration_error == pytest.approx(0.25)
    assert wide.as_dict()["name"] == "wide"


def test_a_network_without_parts_has_no_rows():
    assert ablate({}, IDS, TARGETS, ("a", "b")) == ()


def test_a_part_that_diverged_is_refused():
    with pytest.raises(TrainingError, match="not finite"):
        ablate({"deep": lambda ids: np.full((len(ids), 2), np.nan)}, IDS, TARGETS, ("a", "b"))
