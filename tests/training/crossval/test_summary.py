import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss

from tests.training.crossval.made import LABELS, results_of
from training.calibration import expected_calibration_error
from training.crossval.summary import FIGURES, standard_error, summarize


def network(result):
    return result.probabilities


def exact(probabilities):
    """In float64, where scikit-learn looks closer at their sum."""
    return probabilities.astype(float) / probabilities.astype(float).sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def results():
    return results_of(95, 4)


def test_each_fold_and_their_mean_are_what_scikit_learn_gives(results):
    found = summarize(results, LABELS, network)
    losses = [log_loss(each.targets, exact(each.probabilities), labels=[0, 1, 2]) for each in results]
    accuracies = [accuracy_score(each.targets, each.probabilities.argmax(axis=1)) for each in results]
    f1 = [f1_score(each.targets, each.probabilities.argmax(axis=1), average="macro") for each in results]
    assert [each.log_loss for each in found.folds] == pytest.approx(losses, abs=1e-6)
    assert found.mean["log_loss"] == pytest.approx(np.mean(losses), abs=1e-6)
    assert found.mean["accuracy"] == pytest.approx(np.mean(accuracies), abs=1e-12)
    assert found.mean["macro_f1"] == pytest.approx(np.mean(f1), abs=1e-12)


def test_the_pooled_figures_are_those_of_all_rows_at_once_in_whatever_order(results):
    found = summarize(results, LABELS, network).pooled
    order = np.argsort(np.concatenate([each.rows for each in results]))
    targets = np.concatenate([each.targets for each in results])[order]
    probabilities = np.concatenate([each.probabilities for each in results])[order]
    assert found.rows == 95
    assert found.log_loss == pytest.approx(log_loss(targets, exact(probabilities)), abs=1e-6)
    assert found.accuracy == accuracy_score(targets, probabilities.argmax(axis=1))
    assert np.array_equal(found.confusion, confusion_matrix(targets, probabilities.argmax(axis=1)))
    assert found.expected_calibration_error == pytest.approx(expected_calibration_error(probabilities, targets, 15))


def test_the_calibration_error_of_all_rows_is_not_the_mean_of_the_folds(results):
    found = summarize(results, LABELS, network)
    assert found.pooled.expected_calibration_error < found.mean["expected_calibration_error"]


def test_the_standard_error_is_that_of_a_mean_of_k_folds(results):
    found = summarize(results, LABELS, network)
    for name in FIGURES:
        values = [getattr(each, name) for each in found.folds]
        assert found.standard_error[name] == pytest.approx(np.std(values, ddof=1) / math.sqrt(4), rel=1e-12)


def test_a_repetition_does_not_make_the_mean_surer_than_its_folds_are():
    once = standard_error([0.1, 0.2, 0.4], [0, 0, 0])
    assert once == pytest.approx(np.std([0.1, 0.2, 0.4], ddof=1) / math.sqrt(3))
    assert standard_error([0.1, 0.2, 0.4, 0.1, 0.2, 0.4], [0, 0, 0, 1, 1, 1]) == pytest.approx(once)
    assert standard_error([0.1, 0.2, 0.4, 0.3], [0, 0, 0, 1]) == pytest.approx(once)


@pytest.mark.parametrize("seeds", [[0], [0, 1]])
def test_one_fold_a_seed_says_nothing_of_the_error(seeds):
    assert standard_error([0.3] * len(seeds), seeds) is None
