import numpy as np
import pytest

from training.curve_points import CurvePoint, joined, what_rows_bring
from training.evaluation import evaluate


def evaluation(sure):
    return evaluate(np.array([[sure, 1 - sure]] * 2), np.array([0, 1], np.int32), ("a", "b"))


def test_points_are_by_rows_and_lack_the_network_where_it_was_not_trained():
    baselines = {80: evaluation(0.6), 20: evaluation(0.9)}
    first, second = joined({80: evaluation(0.5)}, baselines)
    assert (first.rows, first.log_loss, first.accuracy) == (20, None, None)
    assert first.baseline_log_loss == baselines[20].log_loss
    assert second.rows == 80
    assert second.log_loss == pytest.approx(np.log(2))
    assert second.as_dict()["baseline_accuracy"] == 0.5


@pytest.mark.parametrize(
    ("half", "whole", "said"),
    [
        ((0.75, 0.9), (0.7, 0.8), "of the network is 0.050 higher: more rows would still bring something."),
        ((0.7, 0.9), (0.7, 0.8), "of the network is no higher, so more rows like these may bring little."),
        ((None, 0.9), (0.7, 0.8), "of the baseline is 0.100 higher: more rows would still bring something."),
    ],
)
def test_the_last_step_says_what_more_rows_bring(half, whole, said):
    points = [
        CurvePoint(rows, ours, ours, theirs, 0.5)
        for rows, (ours, theirs) in ((10, (2.0, 2.0)), (500, half), (1000, whole))
    ]
    assert what_rows_bring(points) == f"With 500 instead of 1,000 training rows the log loss {said}"


def test_a_single_point_says_nothing_of_more_rows():
    assert what_rows_bring([CurvePoint(10, 0.5, 0.5, 0.5, 0.5)]) == ""
