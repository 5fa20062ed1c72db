import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import ConfigError
from training.data.splitting import FRACTIONS, place, split_by_text
from training.data.validation import FEW_ROWS_PER_CLASS, MIN_ROWS_PER_CLASS, identity
from training.errors import DataError


def targets_of(sizes):
    return np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes), dtype=np.int32), sizes))


def texts_of(rows, word="text"):
    return [f"{word} number {row}" for row in range(rows)]


def split(sizes, word="text", **options):
    return split_by_text(texts_of(sum(sizes), word), targets_of(sizes), **options)


def parts(split):
    return (split.train, split.validation, split.test)


SIZES = st.lists(st.integers(MIN_ROWS_PER_CLASS, 1000), min_size=2, max_size=50)
WORDS = st.text("abcdefgh", min_size=1, max_size=3)


@given(sizes=SIZES, word=WORDS)
def test_parts_are_disjoint_and_cover_all_rows(sizes, word):
    dealt = parts(split(sizes, word))
    assert np.array_equal(np.sort(np.concatenate(dealt)), np.arange(sum(sizes)))
    for part in dealt:
        assert part.dtype == np.int64
        assert np.all(np.diff(part) > 0)


@given(sizes=SIZES, word=WORDS)
def test_every_class_has_its_share_of_every_part_to_within_one_row(sizes, word):
    targets = targets_of(sizes)
    for part, fraction in zip(parts(split(sizes, word)), FRACTIONS, strict=True):
        counts = np.bincount(targets[part], minlength=len(sizes))
        assert np.all(counts >= 1)
        within = np.where(np.array(sizes) < FEW_ROWS_PER_CLASS, 2, 1)
        assert np.all(np.abs(counts - np.array(sizes) * fraction) <= within + 1e-9)


def test_the_shares_are_exact_where_they_can_be():
    sizes = [100, 20]
    counts = [np.bincount(targets_of(sizes)[part]).tolist() for part in parts(split(sizes))]
    assert counts == [[80, 16], [10, 2], [10, 2]]


@given(sizes=SIZES, seed=st.integers(0, 100))
def test_the_order_of_the_rows_does_not_matter(sizes, seed):
    texts, targets = texts_of(sum(sizes)), targets_of(sizes)
    order = np.random.default_rng(seed).permutation(len(texts))
    shuffled = split_by_text([texts[row] for row in order], targets[order])
    for one, other in zip(parts(split_by_text(texts, targets)), parts(shuffled), strict=True):
        assert {texts[row] for row in one} == {texts[order[row]] for row in other}


@pytest.mark.parametrize("variant", ["THE  sea\tWAS Calm", "the sea was calm", " The Sea was calm\n"])
def test_a_text_that_counts_as_the_same_has_the_same_place(variant):
    assert identity(variant) == identity("The sea was calm")
    assert place(variant) == place("The sea was calm")


def test_the_places_are_those_of_every_release():
    """Another key or digest would put what was learnt from into what is measured on."""
    assert [place("a storm came"), place("the snow began to thaw"), place("\ud800")] == [
        761004369749747604,
        8383346744740248819,
        10894020322805195005,
    ]


def held_in(texts, targets, target):
    """The texts of a class in the order in which they are dealt, by part: test first."""
    dealt = split_by_text(texts, targets)
    return [{texts[row] for row in part if targets[row] == target} for part in (dealt.test, dealt.validation)]


@given(data=st.data(), sizes=st.lists(st.integers(MIN_ROWS_PER_CLASS, 120), min_size=2, max_size=4))
def test_a_text_held_out_is_held_out_in_a_larger_data_set_but_for_those_at_the_edge(data, sizes):
    """What crosses an edge is what stands next to it, and all of it crosses in the same direction."""
    texts, targets = texts_of(sum(sizes)), targets_of(sizes)
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts))))
    for target in range(len(sizes)):  # a class that is too small has no split
        keep[np.flatnonzero(targets == target)[:MIN_ROWS_PER_CLASS]] = True
    some, of_some = [text for text, kept in zip(texts, keep, strict=True) if kept], targets[keep]
    for target in range(len(sizes)):
        before, after = held_in(some, of_some, target), held_in(texts, targets, target)
        for small, large in ((before[0], after[0]), (before[0] | before[1], after[0] | after[1])):
            known = large & set(some)
            assert known <= small or small <= known
            edge = sorted(known ^ small, key=place)
            inside = known & small
            assert not inside or not edge or max(map(place, inside)) < place(edge[0])


def test_of_thousands_of_rows_none_moves_between_training_and_test_when_more_come():
    texts, targets = texts_of(20_000), targets_of([12_000, 8_000])
    whole = split_by_text(texts, targets)
    for rows in (5_000, 10_000, 19_000):
        part = split_by_text(texts[:rows], targets[:rows])
        assert not np.intersect1d(part.train, whole.test).size
        assert not np.intersect1d(part.test, whole.train).size
        assert np.setdiff1d(part.test, whole.test).size <= 0.05 * len(part.test)


def test_rows_are_drawn_from_the_whole_file():
    dealt = split_by_text(texts_of(10_000), np.repeat(np.array([0, 1], np.int32), 5000))
    assert 2200 < dealt.test[dealt.test < 5000].mean() < 2800


def test_fractions_may_be_others():
    assert [len(part) for part in parts(split([10, 10], fractions=(0.5, 0.3, 0.2)))] == [10, 6, 4]


def test_three_rows_of_a_class_are_enough_for_one_in_each_part():
    assert [len(part) for part in parts(split([3]))] == [1, 1, 1]


def test_two_rows_of_a_class_are_not():
    with pytest.raises(DataError, match="Class number 1 has 2 rows, too few"):
        split([10, 2])


@pytest.mark.parametrize("fractions", [(0.8, 0.2, 0.0), (0.8, 0.1, 0.2), (1.2, -0.1, -0.1), (0.5, 0.2, 0.2)])
def test_fractions_that_are_not_shares_of_the_whole_are_refused(fractions):
    with pytest.raises(ConfigError, match="add up to 1"):
        split([10, 10], fractions=fractions)
