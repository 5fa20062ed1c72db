from dataclasses import replace

import numpy as np
import pytest

from tests.training.report.conftest import FoundWords
from training.history import EpochRecord, History
from training.report.verdict import Outcome, accuracy_margin, judge


def history(*losses):
    """Epochs of these (training loss, validation loss)."""
    return History(
        tuple(EpochRecord(number, loss, 0.5, val, 0.5, 1.0) for number, (loss, val) in enumerate(losses, start=1))
    )


def advice(contents):
    return " ".join(judge(contents).advice)


def test_a_network_that_is_better_wins_and_needs_no_advice(make_contents):
    verdict = judge(make_contents(right=0.9, baseline_right=0.6))
    assert verdict.outcome is Outcome.WINS
    assert verdict.headline == "The network beats the baseline."
    assert verdict.advice == ()


def test_a_network_that_is_worse_loses_with_advice(make_contents):
    verdict = judge(make_contents(right=0.6, baseline_right=0.9))
    assert verdict.outcome is Outcome.LOSES
    assert "Do not ship it" in verdict.headline
    assert verdict.advice


def test_an_equal_network_has_not_beaten_the_baseline(make_contents):
    assert judge(make_contents(right=0.8, baseline_right=0.8)).outcome is Outcome.LOSES


def test_lower_log_loss_with_lower_accuracy_is_no_clean_win(make_contents):
    contents = make_contents(right=0.8, baseline_right=0.8)
    network = replace(contents.evaluation, log_loss=contents.baseline.log_loss - 0.1, accuracy=0.79)
    verdict = judge(replace(contents, evaluation=network))
    assert verdict.outcome is Outcome.MIXED
    assert verdict.advice


def test_the_detail_says_by_how_much(make_contents):
    contents = make_contents(right=0.6, baseline_right=0.9)
    contents = replace(
        contents,
        evaluation=replace(contents.evaluation, log_loss=0.73, accuracy=0.7, rows=1762),
        baseline=replace(contents.baseline, log_loss=0.4, accuracy=0.85, rows=1762),
    )
    assert judge(contents).detail == (
        "On 1,762 held-out rows its log loss is 0.730 against 0.400 (0.330 higher), and it gets 70.0% of them "
        "right against 85.0% (15.0 points fewer)."
    )


def test_a_difference_that_may_be_chance_is_called_so(make_contents):
    assert "may be chance" in judge(make_contents(right=0.81, baseline_right=0.8)).detail
    assert "may be chance" not in judge(make_contents(right=0.9, baseline_right=0.5)).detail


def test_the_margin_is_that_of_a_binomial_share(make_contents):
    assert accuracy_margin(make_contents(right=0.5, rows=100).evaluation) == pytest.approx(1.96 * 0.05)


def test_a_loss_still_falling_asks_for_more_epochs(make_contents):
    contents = make_contents(right=0.6, baseline_right=0.9, history=history((0.9, 0.8), (0.7, 0.7)))
    assert "more epochs" in advice(contents)


def test_overfitting_is_named(make_contents):
    contents = make_contents(right=0.6, baseline_right=0.9, history=history((0.3, 0.7), (0.1, 0.9)))
    assert "more dropout" in advice(contents)


def test_underfitting_is_named(make_contents):
    contents = make_contents(right=0.6, baseline_right=0.9, history=history((1.0, 0.9), (0.95, 0.95)))
    assert "let the embedding learn" in advice(contents)


def test_vectors_that_cover_little_are_named(make_contents):
    contents = make_contents(right=0.6, baseline_right=0.9, coverage=FoundWords(tokens_found=50))
    assert "Only 50% of the running words have a vector" in advice(contents)
    assert "have a vector" not in advice(replace(contents, coverage=FoundWords(tokens_found=90)))


def test_heavy_truncation_is_named(make_contents):
    contents = make_contents(right=0.6, baseline_right=0.9, token_lengths=np.array([51] * 3 + [50] * 7))
    assert "30% of the texts lose their beginning" in advice(contents)
    assert "lose their beginning" not in advice(replace(contents, sequence_length=51))


def test_there_is_advice_without_any_epoch_or_text(make_contents):
    contents = make_contents(
        right=0.6, baseline_right=0.9, history=History(), token_lengths=np.array([], int), coverage=None
    )
    assert advice(contents).startswith("Try another preset")
