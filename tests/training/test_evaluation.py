import json

import numpy as np
import pytest
from sklearn import metrics

from training.errors import TrainingError
from training.evaluation import evaluate

LABELS = ("EAP", "HPL", "MWS")


@pytest.fixture(params=[np.float32, np.float64])
def probabilities(request):
    return np.random.default_rng(3).dirichlet(np.ones(3), size=200).astype(request.param)


@pytest.fixture
def targets():
    return np.random.default_rng(4).integers(0, 3, 200).astype(np.int32)


def test_every_figure_equals_scikit_learn_s(probabilities, targets):
    measured = evaluate(probabilities, targets, LABELS)
    predicted = probabilities.argmax(axis=1)
    report = metrics.classification_report(targets, predicted, target_names=LABELS, output_dict=True)
    assert measured.rows == 200
    assert measured.log_loss == pytest.approx(metrics.log_loss(targets, probabilities), rel=1e-6)
    assert measured.accuracy == report["accuracy"]
    assert measured.macro_f1 == pytest.approx(report["macro avg"]["f1-score"], rel=1e-12)
    assert measured.confusion == tuple(map(tuple, metrics.confusion_matrix(targets, predicted)))
    for each in measured.per_class:
        expected = report[each.label]
        assert (each.precision, each.recall, each.f1) == (
            expected["precision"],
            expected["recall"],
            expected["f1-score"],
        )
        assert each.support == expected["support"]


def test_hand_computed_figures():
    probabilities = np.array([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25], [0.25, 0.5, 0.25]])
    measured = evaluate(probabilities, np.array([0, 1, 1], np.int32), LABELS)
    assert measured.log_loss == pytest.approx((np.log(2) + np.log(4) + np.log(2)) / 3)
    assert measured.accuracy == pytest.approx(2 / 3)
    assert measured.expected_calibration_error == pytest.approx(2 / 3 - 0.5)
    assert measured.confusion == ((1, 0, 0), (1, 1, 0), (0, 0, 0))
    first, second, third = measured.per_class
    assert (first.precision, first.recall, first.support) == (0.5, 1, 1)
    assert (second.precision, second.recall, second.support) == (1, 0.5, 2)
    assert [first.f1, second.f1] == pytest.approx([2 / 3, 2 / 3])
    assert (third.precision, third.recall, third.f1, third.support) == (0, 0, 0, 0)
    assert measured.macro_f1 == pytest.approx(4 / 9)


def test_a_class_that_is_true_but_never_predicted_counts_with_zeros():
    measured = evaluate(np.array([[0.75, 0.25], [0.75, 0.25]]), np.array([0, 1], np.int32), ("a", "b"))
    assert measured.per_class[1].recall == 0
    assert measured.per_class[1].support == 1


def test_one_true_class_among_several_is_measured():
    measured = evaluate(np.array([[0.25, 0.75]], np.float32), np.array([1], np.int32), ("a", "b"))
    assert measured.accuracy == 1
    assert measured.log_loss == pytest.approx(-np.log(0.75))


def test_fifty_classes_are_measured():
    measured = evaluate(np.eye(50, dtype=np.float32), np.arange(50, dtype=np.int32), list(map(str, range(50))))
    assert measured.macro_f1 == 1
    assert np.array_equal(measured.confusion, np.eye(50))


def test_float32_rounding_carried_into_float64_is_no_warning(targets):
    rounded = np.random.default_rng(3).dirichlet(np.ones(3), size=200).astype(np.float32).astype(np.float64)
    assert evaluate(rounded, targets, LABELS).log_loss == pytest.approx(
        evaluate(rounded.astype(np.float32), targets, LABELS).log_loss, rel=1e-6
    )


def test_a_probability_of_zero_for_the_truth_stays_finite():
    measured = evaluate(np.array([[1, 0]], np.float32), np.array([1], np.int32), ("a", "b"))
    assert 15 < measured.log_loss < 40


def test_the_figures_survive_json_at_full_precision(probabilities, targets):
    content = evaluate(probabilities, targets, LABELS).as_dict()
    read = json.loads(json.dumps(content))
    assert read["log_loss"] == content["log_loss"]
    assert read["per_class"][1]["label"] == "HPL"
    assert read["confusion"] == [list(row) for row in content["confusion"]]


def test_no_rows_are_refused():
    with pytest.raises(TrainingError, match="held-out split is empty"):
        evaluate(np.empty((0, 3), np.float32), np.empty(0, np.int32), LABELS)


def test_a_diverged_network_is_named_as_one():
    probabilities = np.array([[0.5, 0.5], [np.nan, np.nan]], np.float32)
    with pytest.raises(TrainingError, match="1 of 2 rows are not finite"):
        evaluate(probabilities, np.array([0, 1], np.int32), ("a", "b"))


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (4,)])
def test_shapes_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match="need probabilities of shape"):
        evaluate(np.ones(shape), np.zeros(4, np.int32), LABELS)


def test_logits_are_refused():
    with pytest.raises(ValueError, match="must sum to 1"):
        evaluate(np.array([[2.0, -3.0]]), np.array([0], np.int32), ("a", "b"))
