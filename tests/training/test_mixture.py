"""The mixture of two parts: against a grid, with factors that are known, and where the rows are too few to tell."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from training.mixture import Mixture, fit_mixture


def drawn(rows, classes=3, factors=(0.6, 0.3)):
    """Logits of both parts, and targets that follow from them times the factors."""
    random = np.random.default_rng(11)
    wide, deep = random.normal(0, 3, (2, rows, classes))
    chances = softmax(factors[0] * wide + factors[1] * deep, axis=1).cumsum(axis=1)
    targets = (random.random((rows, 1)) > chances).sum(axis=1).clip(max=classes - 1)
    return wide, deep, targets


def penalised(factors, wide, deep, targets):
    """The summed log loss and the prior's share, as the module's docstrings have them."""
    logarithms = log_softmax(factors[0] * wide + factors[1] * deep, axis=1)
    distance = (np.array(factors) - (0.8, 0.2)) / 0.5
    return -logarithms[np.arange(len(targets)), targets].sum() + distance @ distance / 2


def factors_of(mixture):
    return mixture.wide_share / mixture.temperature, (1 - mixture.wide_share) / mixture.temperature


@pytest.mark.parametrize("factors", [(0.6, 0.3), (0.2, 1.1), (1.0, 1.0)])
def test_known_factors_are_found_again(factors):
    mixture = fit_mixture(*drawn(20_000, factors=factors))
    assert factors_of(mixture) == pytest.approx(factors, abs=0.05)


@pytest.mark.parametrize("classes", [2, 5])
def test_no_factors_of_a_grid_are_better(classes):
    parts = drawn(150, classes)
    least = penalised(factors_of(fit_mixture(*parts)), *parts)
    grid = np.linspace(0.01, 2, 25)
    assert least <= min(penalised((a, b), *parts) for a in grid for b in grid) + 1e-6


@pytest.mark.parametrize("right", [True, False])
def test_one_row_changes_little(right):
    wide, deep = np.array([[2.0, 0.0]]), np.array([[1.0, 0.0]])
    mixture = fit_mixture(wide, deep, np.array([0 if right else 1]))
    assert factors_of(mixture) == pytest.approx((0.8, 0.2), abs=0.5)
    assert 0 < mixture.wide_share < 1


def test_no_rows_give_what_is_expected():
    mixture = fit_mixture(np.empty((0, 3)), np.empty((0, 3)), np.empty(0, np.int32))
    assert (mixture.wide_share, mixture.temperature) == pytest.approx((0.8, 1.0))


@pytest.mark.parametrize("wide_is_right", [True, False])
def test_a_part_that_is_always_wrong_is_as_good_as_silent(wide_is_right):
    targets = np.arange(300) % 3
    right = 3 * np.eye(3)[targets]
    wide, deep = (right, -right) if wide_is_right else (-right, right)
    mixture = fit_mixture(wide, deep, targets)
    assert 0 < mixture.wide_share < 1
    assert mixture.wide_share == pytest.approx(float(wide_is_right), abs=0.01)
    assert 0 < mixture.temperature <= 1000
    assert np.array_equal(mixture.probabilities(wide, deep).argmax(axis=1), targets)


def test_probabilities_are_the_softmax_of_the_weighted_mean():
    wide, deep, _ = drawn(10)
    expected = softmax((0.7 * wide + 0.3 * deep) / 1.5, axis=1)
    np.testing.assert_allclose(Mixture(0.7, 1.5).probabilities(wide, deep), expected, rtol=1e-12)


def test_single_precision_comes_to_the_same():
    wide, deep, targets = drawn(200)
    single = fit_mixture(wide.astype(np.float32), deep.astype(np.float32), targets)
    assert factors_of(single) == pytest.approx(factors_of(fit_mixture(wide, deep, targets)), abs=1e-4)
