import json

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.metrics import log_loss

from training.calibration import (
    BINS,
    TEMPERATURES,
    expected_calibration_error,
    fit_temperature,
    measure_calibration,
    reliability,
)
from training.errors import TrainingError


def two_classes(*confidences, dtype=np.float64):
    """Rows that predict class 0 with these confidences."""
    first = np.array(confidences, dtype=dtype)
    return np.stack([first, 1 - first], axis=1)


def test_each_bin_holds_mean_confidence_accuracy_and_count():
    measured = reliability(two_classes(0.75, 0.875, 0.625), np.array([0, 1, 0], np.int32), bins=2)
    assert measured.confidence == (0.0, 0.75)
    assert measured.accuracy == pytest.approx((0.0, 2 / 3))
    assert measured.count == (0, 3)


def test_the_error_is_the_mean_gap_weighted_by_rows():
    # Bin (0.5, 0.75]: two rows, confidence 0.625, accuracy 0.5. Bin (0.75, 1]: one row, 0.875, wrong.
    probabilities = two_classes(0.5625, 0.6875, 0.875)
    targets = np.array([0, 1, 1], np.int32)
    assert expected_calibration_error(probabilities, targets, bins=4) == (2 * 0.125 + 1 * 0.875) / 3


def test_confidence_that_equals_accuracy_has_no_error():
    targets = np.array([0, 0, 0, 1], np.int32)
    assert expected_calibration_error(two_classes(0.75, 0.75, 0.75, 0.75), targets) == 0


def test_certain_and_always_wrong_is_the_largest_error():
    assert expected_calibration_error(two_classes(1.0, 1.0), np.array([1, 1], np.int32)) == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("edge", range(1, BINS + 1))
def test_a_confidence_on_an_edge_belongs_to_the_bin_below_it(edge, dtype):
    probabilities = np.zeros((1, BINS), dtype)
    probabilities[0, 3] = dtype(edge / BINS)
    measured = reliability(probabilities, np.array([3], np.int32))
    assert measured.count == tuple(int(number == edge - 1) for number in range(BINS))
    assert measured.accuracy[edge - 1] == 1
    assert measured.confidence[edge - 1] == dtype(edge / BINS)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_confidence_just_above_an_edge_belongs_to_the_bin_above_it(dtype):
    above = np.nextafter(dtype(1 / BINS), dtype(1))
    measured = reliability(np.full((1, BINS), above), np.array([0], np.int32))
    assert measured.count.index(1) == 1


def test_the_bins_agree_with_a_loop_over_guo_s_definition():
    random = np.random.default_rng(5)
    probabilities = random.dirichlet(np.ones(4), size=400)
    targets = random.integers(0, 4, 400).astype(np.int32)
    error = 0.0
    for number in range(BINS):
        confidence = probabilities.max(axis=1)
        inside = (confidence > number / BINS) & (confidence <= (number + 1) / BINS)
        if inside.any():
            right = (probabilities.argmax(axis=1) == targets)[inside]
            error += inside.mean() * abs(right.mean() - confidence[inside].mean())
    assert expected_calibration_error(probabilities, targets) == pytest.approx(error, abs=1e-12)


def test_no_rows_are_refused():
    with pytest.raises(TrainingError, match="at least one row"):
        reliability(np.empty((0, 3), np.float32), np.empty(0, np.int32))


def drawn(rows, classes, *, temperature, dtype=np.float64):
    """Logits, and targets that follow from them at `temperature`."""
    random = np.random.default_rng(8)
    logits = random.normal(0, 3, (rows, classes))
    chances = softmax(logits / temperature, axis=1).cumsum(axis=1)
    targets = (random.random((rows, 1)) > chances).sum(axis=1).clip(max=classes - 1)
    return logits.astype(dtype), targets.astype(np.int32)


@pytest.mark.parametrize(("classes", "temperature"), [(2, 0.5), (3, 1.0), (5, 2.5)])
def test_no_temperature_of_a_fine_grid_has_a_lower_log_loss(classes, temperature):
    logits, targets = drawn(300, classes, temperature=temperature)

    def loss(tried):
        return log_loss(targets, softmax(logits / tried, axis=1), labels=range(classes))

    found = fit_temperature(logits, targets)
    grid = np.geomspace(*TEMPERATURES, 400)
    losses = [loss(tried) for tried in grid]
    assert loss(found) <= min(losses) + 1e-12
    assert found == pytest.approx(grid[np.argmin(losses)], rel=0.02)


def test_the_temperature_of_the_draw_is_found_again():
    assert fit_temperature(*drawn(20_000, 3, temperature=1.7)) == pytest.approx(1.7, rel=0.03)


def test_log_probabilities_give_the_temperature_of_their_logits():
    logits, targets = drawn(400, 4, temperature=2.0)
    assert fit_temperature(log_softmax(logits, axis=1), targets) == pytest.approx(
        fit_temperature(logits, targets), rel=1e-4
    )


def test_half_precision_does_not_change_the_temperature():
    logits, targets = drawn(400, 3, temperature=1.5)
    assert fit_temperature(logits.astype(np.float32), targets) == pytest.approx(
        fit_temperature(logits, targets), rel=1e-4
    )


def test_logits_that_are_always_right_or_always_wrong_end_at_the_bounds():
    targets = np.array([0, 1, 0, 1], np.int32)
    certain = np.eye(2)[targets] * 4
    lowest, highest = TEMPERATURES
    assert fit_temperature(certain, targets) == pytest.approx(lowest, rel=1e-3)
    assert fit_temperature(-certain, targets) == pytest.approx(highest, rel=1e-3)


def test_what_cannot_be_fitted_on_is_refused():
    with pytest.raises(TrainingError, match="at least one row"):
        fit_temperature(np.empty((0, 3)), np.empty(0, np.int32))
    with pytest.raises(TrainingError, match="not finite"):
        fit_temperature(np.array([[np.nan, 0.0]]), np.array([0], np.int32))


def test_calibration_is_measured_before_and_after():
    logits, targets = drawn(500, 3, temperature=2.0)
    before, after = softmax(logits, axis=1), softmax(logits / 2, axis=1)
    measured = measure_calibration(after, targets, 2.0)
    assert measured.before.count == reliability(before, targets).count
    assert measured.before.confidence == pytest.approx(reliability(before, targets).confidence)
    assert measured.after == reliability(after, targets)
    assert measured.log_loss_before == pytest.approx(log_loss(targets, before))
    assert measured.log_loss_after == pytest.approx(log_loss(targets, after))
    assert measured.log_loss_after < measured.log_loss_before
    content = json.loads(json.dumps(measured.as_dict()))
    assert content["temperature"] == 2.0
    assert content["expected_calibration_error_after"] == expected_calibration_error(after, targets)
    assert sum(content["before"]["count"]) == 500
