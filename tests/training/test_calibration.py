import numpy as np
import pytest

from training.calibration import BINS, expected_calibration_error, reliability
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
