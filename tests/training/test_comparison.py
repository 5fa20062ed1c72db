"""The statistics of a comparison, against scipy and by hand."""

import math
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import log_loss

from training import comparison
from training.comparison import bootstrap_interval, compare, mcnemar, row_losses
from training.errors import TrainingError

LABELS = ("a", "b", "c")


def classifier(rows, skill, seed=0):
    """Targets, and float32 probabilities that tell them the better the more skill there is."""
    random = np.random.default_rng(seed)
    targets = random.integers(0, 3, rows).astype(np.int32)
    logits = random.normal(size=(rows, 3)) + skill * np.eye(3)[targets]
    exponentials = np.exp(logits)
    return targets, (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32)


def compared(champion_skill, challenger_skill, rows=400, **options):
    targets, challenger = classifier(rows, challenger_skill)
    _, champion = classifier(rows, champion_skill)
    return compare(champion, challenger, targets, LABELS, version=4, **options)


def test_a_clearly_better_challenger_is_better():
    result = compared(0.5, 2.0)
    assert result.better
    assert result.log_loss_difference < 0
    assert result.interval[0] < result.log_loss_difference < result.interval[1] < 0
    assert result.mcnemar.only_challenger_right > result.mcnemar.only_champion_right
    assert result.mcnemar.p_value < 0.001
    assert result.verdict.startswith("It is better than version 4: on 400 held-out rows its log loss is ")


def test_a_clearly_worse_one_is_worse():
    result = compared(2.0, 0.5)
    assert not result.better
    assert result.interval[0] > 0
    assert result.verdict.startswith("It is worse than version 4: ")


def test_the_same_answers_are_neither():
    result = compared(1.0, 1.0)
    assert (result.better, result.log_loss_difference, result.interval) == (False, 0.0, (0.0, 0.0))
    assert (result.mcnemar.only_champion_right, result.mcnemar.only_challenger_right, result.mcnemar.p_value) == (
        0,
        0,
        1,
    )
    assert result.verdict.startswith("It is neither better nor worse than version 4 beyond chance: ")


def test_a_lower_log_loss_alone_is_not_better_where_it_may_be_chance():
    result = compared(1.0, 1.001, rows=30)
    by_chance = replace(result, log_loss_difference=-0.01, interval=(-0.05, 0.02))
    assert not by_chance.better
    assert "beyond chance" in by_chance.verdict


def test_the_figures_are_those_of_each_on_the_rows():
    targets, challenger = classifier(300, 1.5)
    _, champion = classifier(300, 1.0)
    result = compare(champion, challenger, targets, LABELS, version=4)
    for side, probabilities in ((result.champion, champion), (result.challenger, challenger)):
        assert side.log_loss == pytest.approx(log_loss(targets, probabilities), abs=1e-6)
        assert side.accuracy == (probabilities.argmax(axis=1) == targets).mean()
        assert 0 < side.expected_calibration_error < 0.5
    assert result.log_loss_difference == pytest.approx(result.challenger.log_loss - result.champion.log_loss, abs=1e-6)
    assert (result.champion.version, result.challenger.version, result.rows) == (4, None, 300)


@given(rows=st.integers(1, 60), seed=st.integers(0, 1000), certain=st.booleans())
def test_the_losses_of_the_rows_have_the_log_loss_as_their_mean(rows, seed, certain):
    targets, probabilities = classifier(rows, 1.0, seed)
    if certain:  # and wrong: a probability of zero for the truth is no infinite loss
        probabilities = np.eye(3, dtype=np.float32)[(targets + 1) % 3]
    losses = row_losses(probabilities, targets)
    assert losses.shape == (rows,)
    assert losses.mean() == pytest.approx(log_loss(targets, probabilities, labels=[0, 1, 2]), rel=1e-5)


def test_the_interval_is_that_of_scipys_paired_bootstrap():
    differences = np.random.default_rng(1).normal(-0.05, 0.4, 500)
    expected = stats.bootstrap(
        (differences,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    assert bootstrap_interval(differences) == pytest.approx((expected.low, expected.high), abs=0.002)


def test_the_interval_is_the_same_each_time():
    differences = np.random.default_rng(1).normal(size=200)
    assert bootstrap_interval(differences) == bootstrap_interval(differences.copy())


@settings(max_examples=20)
@given(differences=st.lists(st.floats(-20, 20), min_size=1, max_size=40))
def test_the_interval_lies_within_the_differences(differences):
    low, high = bootstrap_interval(np.array(differences), resamples=500)
    assert min(differences) - 1e-9 <= low <= high <= max(differences) + 1e-9


def test_memory_does_not_grow_with_the_rows(monkeypatch):
    monkeypatch.setattr(comparison, "_CHUNK_DRAWS", 1 << 16)
    differences = np.random.default_rng(1).normal(size=20_000)
    tracemalloc.start()
    bootstrap_interval(differences, resamples=300)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 300 * differences.nbytes / 10


def test_parts_of_the_resamples_are_as_many_in_all(monkeypatch):
    differences = np.random.default_rng(1).normal(size=50)
    whole = bootstrap_interval(differences)
    monkeypatch.setattr(comparison, "_CHUNK_DRAWS", 50 * 7)
    assert bootstrap_interval(differences) == pytest.approx(whole)


@pytest.mark.parametrize(
    ("champion", "challenger", "p"),
    [
        ("1100", "1100", 1.0),
        ("1000", "0100", 1.0),
        ("000000", "111110", 2 / 2**5),
        ("111110", "000000", 2 / 2**5),
        ("0000000001", "1111111110", 2 * (1 + 10) / 2**10),
    ],
)
def test_mcnemars_exact_p_is_twice_the_tail_of_a_fair_coin(champion, challenger, p):
    result = mcnemar(*(np.array([digit == "1" for digit in digits]) for digits in (champion, challenger)))
    assert math.isclose(result.p_value, p)
    assert result.only_champion_right == sum(a > b for a, b in zip(champion, challenger, strict=True))
    assert result.only_challenger_right == sum(a < b for a, b in zip(champion, challenger, strict=True))


def test_it_is_json():
    content = compared(0.5, 2.0, caveat="who knows").as_dict()
    assert content["champion"].keys() == {"version", "log_loss", "accuracy", "expected_calibration_error"}
    assert (content["better"], content["caveat"], type(content["interval"])) == (True, "who knows", list)
    assert content["mcnemar"].keys() == {"only_champion_right", "only_challenger_right", "p_value"}
    assert content["verdict"].endswith(").")


def test_answers_that_are_no_numbers_are_refused():
    targets, challenger = classifier(10, 1.0)
    with pytest.raises(TrainingError, match="not finite"):
        compare(np.full_like(challenger, np.nan), challenger, targets, LABELS, version=1)
