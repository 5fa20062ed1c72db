import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import ConfigError
from tests.training.data.test_splitting import targets_of, texts_of
from training.data.splitting import split_by_text
from training.errors import DataError
from training.folds import folds, outer_fold, split_of_fold

SIZES = st.lists(st.integers(10, 80), min_size=2, max_size=6)


def dealt(sizes, k=5, seed=0):
    return folds(texts_of(sum(sizes)), targets_of(sizes), k, seed)


@given(sizes=SIZES, k=st.integers(2, 10))
def test_folds_are_disjoint_and_cover_all_rows(sizes, k):
    parts = dealt(sizes, k)
    assert len(parts) == k
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(sum(sizes)))
    for part in parts:
        assert part.dtype == np.int64
        assert np.all(np.diff(part) > 0)


@given(sizes=SIZES, k=st.integers(2, 10), seed=st.integers(0, 3))
def test_every_class_and_all_rows_are_shared_out_to_within_one_row(sizes, k, seed):
    targets = targets_of(sizes)
    counts = np.array([np.bincount(targets[part], minlength=len(sizes)) for part in dealt(sizes, k, seed)])
    assert np.all(np.ptp(counts, axis=0) <= 1)
    assert np.ptp(counts.sum(axis=1)) <= 1


@given(sizes=SIZES, seed=st.integers(0, 100))
def test_the_order_of_the_rows_does_not_matter(sizes, seed):
    texts, targets = texts_of(sum(sizes)), targets_of(sizes)
    order = np.random.default_rng(seed).permutation(len(texts))
    shuffled = folds([texts[row] for row in order], targets[order], 4, seed)
    for one, other in zip(folds(texts, targets, 4, seed), shuffled, strict=True):
        assert {texts[row] for row in one} == {texts[order[row]] for row in other}


def test_another_seed_deals_otherwise():
    assert not np.array_equal(dealt([50, 50], seed=0)[0], dealt([50, 50], seed=1)[0])


def test_a_text_that_counts_as_the_same_is_in_one_fold_only():
    texts = [variant for text in texts_of(40) for variant in (text, f" {text.upper()}\t")]
    targets = np.arange(80, dtype=np.int32) % 2  # even under two labels
    for part in folds(texts, targets, 3):
        assert set(part[part % 2 == 0] + 1) == set(part[part % 2 == 1])


def test_the_folds_are_those_of_every_release():
    """Others would put finished folds beside unfinished ones that share their rows."""
    assert [part.tolist() for part in dealt([6, 4], k=3, seed=7)] == [[3, 4, 8, 9], [2, 5, 6], [0, 1, 7]]


@pytest.mark.parametrize("k", [-1, 0, 1])
def test_one_fold_is_none(k):
    with pytest.raises(ConfigError, match="2 at least"):
        dealt([10, 10], k)


def test_more_folds_than_texts_are_refused():
    with pytest.raises(DataError, match="21 folds need as many texts, and there are 20"):
        dealt([10, 10], 21)


def test_the_outer_fold_is_what_a_training_holds_out():
    texts, targets = texts_of(200), targets_of([150, 50])
    outer = outer_fold(texts, targets)
    assert np.array_equal(outer, split_by_text(texts, targets).test)
    assert np.bincount(targets[outer]).tolist() == [15, 5]


def split(sizes, k=10, number=0, **options):
    texts, targets = texts_of(sum(sizes)), targets_of(sizes)
    parts = folds(texts, targets, k)
    return split_of_fold(texts, targets, parts[number], validation_share=0.1, fold=number, **options)


@given(sizes=SIZES)
def test_the_rest_of_a_fold_is_all_learnt_from_or_validated_on(sizes):
    found = split(sizes)
    assert np.array_equal(np.sort(np.concatenate([found.train, found.validation, found.test])), np.arange(sum(sizes)))
    assert all(part.dtype == np.int64 for part in (found.train, found.validation, found.test))


def test_validation_gets_its_share_of_all_rows_by_class_as_in_a_training():
    targets = targets_of([100, 20])
    found = split([100, 20])
    counts = [np.bincount(targets[part]).tolist() for part in (found.train, found.validation, found.test)]
    assert counts == [[80, 16], [10, 2], [10, 2]]


def test_another_fold_validates_on_other_rows():
    first, second = split([300, 300], number=0).validation, split([300, 300], number=1).validation
    assert len(np.intersect1d(first, second)) < 20  # of 60; the same order would share nearly all of them


def test_among_some_rows_the_others_are_in_no_part():
    texts, targets = texts_of(200), targets_of([100, 100])
    among = np.setdiff1d(np.arange(200), outer_fold(texts, targets))
    inner = among[folds([texts[row] for row in among], targets[among], 3)[0]]
    found = split_of_fold(texts, targets, inner, validation_share=0.1, among=among)
    assert np.array_equal(np.sort(np.concatenate([found.train, found.validation, found.test])), among)
    assert [len(found.train), len(found.validation), len(found.test)] == [102, 18, 60]


def test_a_class_that_is_all_in_the_fold_is_refused():
    texts, targets = texts_of(12), targets_of([10, 2])
    with pytest.raises(DataError, match=r"Class number 1 has 1 rows outside the fold, too few"):
        split_of_fold(texts, targets, np.flatnonzero(targets == 1)[:1], validation_share=0.1)
