import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import ConfigError
from training.data.splitting import FRACTIONS, stratified_split
from training.data.validation import MIN_ROWS_PER_CLASS
from training.errors import DataError


def targets_of(sizes, seed=0):
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes), dtype=np.int32), sizes))


def parts(split):
    return (split.train, split.validation, split.test)


SIZES = st.lists(st.integers(MIN_ROWS_PER_CLASS, 1000), min_size=2, max_size=50)


@given(sizes=SIZES, seed=st.integers(0, 2**32 - 1))
def test_parts_are_disjoint_and_cover_all_rows(sizes, seed):
    split = stratified_split(targets_of(sizes), seed=seed)
    assert np.array_equal(np.sort(np.concatenate(parts(split))), np.arange(sum(sizes)))
    for part in parts(split):
        assert part.dtype == np.int64
        assert np.all(np.diff(part) > 0)


@given(sizes=SIZES, seed=st.integers(0, 2**32 - 1))
def test_every_class_has_its_share_of_every_part_to_within_one_row(sizes, seed):
    targets = targets_of(sizes)
    for part, fraction in zip(parts(stratified_split(targets, seed=seed)), FRACTIONS, strict=True):
        counts = np.bincount(targets[part], minlength=len(sizes))
        assert np.all(counts >= 1)
        assert np.all(np.abs(counts - np.array(sizes) * fraction) <= 1 + 1e-9)


def test_the_shares_are_exact_where_they_can_be():
    targets = targets_of([100, 20])
    split = stratified_split(targets, seed=3)
    assert [np.bincount(targets[part]).tolist() for part in parts(split)] == [[80, 16], [10, 2], [10, 2]]


@given(sizes=SIZES, seed=st.integers(0, 2**32 - 1))
def test_the_same_seed_gives_the_same_split(sizes, seed):
    targets = targets_of(sizes)
    first, second = stratified_split(targets, seed=seed), stratified_split(targets.copy(), seed=seed)
    for one, other in zip(parts(first), parts(second), strict=True):
        assert np.array_equal(one, other)


def test_another_seed_gives_another_split():
    targets = targets_of([100, 100])
    assert not np.array_equal(stratified_split(targets, seed=1).test, stratified_split(targets, seed=2).test)


def test_rows_are_drawn_from_the_whole_file():
    split = stratified_split(np.repeat(np.array([0, 1], np.int32), 5000), seed=0)
    assert 2200 < split.test[split.test < 5000].mean() < 2800


def test_fractions_may_be_others():
    split = stratified_split(targets_of([10, 10]), seed=0, fractions=(0.5, 0.3, 0.2))
    assert [len(part) for part in parts(split)] == [10, 6, 4]


def test_three_rows_of_a_class_are_enough_for_one_in_each_part():
    assert [len(part) for part in parts(stratified_split(targets_of([3]), seed=0))] == [1, 1, 1]


def test_two_rows_of_a_class_are_not():
    with pytest.raises(DataError, match="Class number 1 has 2 rows, too few"):
        stratified_split(targets_of([10, 2]), seed=0)


@pytest.mark.parametrize("fractions", [(0.8, 0.2, 0.0), (0.8, 0.1, 0.2), (1.2, -0.1, -0.1), (0.5, 0.2, 0.2)])
def test_fractions_that_are_not_shares_of_the_whole_are_refused(fractions):
    with pytest.raises(ConfigError, match="add up to 1"):
        stratified_split(targets_of([10, 10]), seed=0, fractions=fractions)
