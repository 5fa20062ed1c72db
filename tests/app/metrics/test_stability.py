import math

import numpy as np
import pytest

from app.metrics.stability import FLOOR, chi_squared, compare, psi


def test_the_index_is_as_computed_by_hand():
    # (0.25 - 0.5) ln(0.25 / 0.5) + (0.75 - 0.5) ln(0.75 / 0.5) = 0.25 (ln 2 + ln 1.5)
    assert psi((0.5, 0.5), (0.25, 0.75)) == pytest.approx(0.25 * (0.693147 + 0.405465), abs=1e-6)
    # (0.3 - 0.5) ln 0.6 + (0.3 - 0.3) ln 1 + (0.4 - 0.2) ln 2
    assert psi((0.5, 0.3, 0.2), (0.3, 0.3, 0.4)) == pytest.approx(0.2 * 0.510826 + 0.2 * 0.693147, abs=1e-6)


def test_it_is_zero_for_equal_shares_and_the_same_both_ways():
    assert psi((0.2, 0.8), (0.2, 0.8)) == 0
    assert psi((0.2, 0.8), (0.4, 0.6)) == pytest.approx(psi((0.4, 0.6), (0.2, 0.8)))


def test_an_empty_bin_counts_as_the_floor():
    assert psi((0.0, 1.0), (0.5, 0.5)) == pytest.approx((0.5 - FLOOR) * math.log(0.5 / FLOOR) + 0.5 * math.log(2))
    assert psi((0.0, 1.0), (0.0, 1.0)) == 0


@pytest.mark.parametrize(
    ("degrees", "tabulated"), [(1, 3.841), (2, 5.991), (3, 7.815), (10, 18.307), (19, 30.144), (99, 123.225)]
)
def test_quantiles_are_near_those_of_the_table(degrees, tabulated):
    assert chi_squared(0.95, degrees) == pytest.approx(tabulated, rel=0.03)


def test_without_drift_the_index_averages_as_published_and_passes_the_noise_once_in_twenty():
    generator = np.random.default_rng(0)
    shares, live, rows = (0.4, 0.3, 0.2, 0.1), 500, 2000
    pairs = [(generator.multinomial(live, shares), generator.multinomial(rows, shares)) for _ in range(4000)]
    found = [compare((reference / rows).tolist(), rows, counts.tolist(), live) for counts, reference in pairs]
    known = [(each.psi, each.noise) for each in found if each.psi is not None and each.noise is not None]
    assert len(known) == 4000
    assert np.mean([index for index, _ in known]) == pytest.approx(3 * (1 / live + 1 / rows), rel=0.05)
    assert np.mean([index > noise for index, noise in known]) == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize(
    ("live", "level"), [((500, 500), "stable"), ((640, 360), "stable"), ((680, 320), "moderate"), ((760, 240), "major")]
)
def test_levels_go_by_the_convention(live, level):
    assert compare((0.5, 0.5), 1000, live, 1000).level == level


def test_too_few_texts_give_a_reason_instead_of_an_index():
    few = compare((0.5, 0.5), 1000, (5, 25), 30)
    assert (few.psi, few.level) == (None, None)
    assert few.reason == "30 of the 39 texts that it takes to tell drift from chance."
    assert few.noise == pytest.approx(chi_squared(0.95, 1) * (1 / 30 + 1 / 1000))
    assert compare((0.5, 0.5), 1000, (5, 33), 38).psi is None
    assert compare((0.5, 0.5), 1000, (5, 34), 39).psi is not None


def test_no_text_and_a_reference_that_is_too_small_say_so():
    assert compare((0.5, 0.5), 1000, (0, 0), 0).reason == "This version classified no text in the window."
    small = compare((0.5, 0.5), 20, (500_000, 500_000), 1_000_000)
    assert small.reason == "The model was tested on 20 rows, too few to tell drift from chance."
