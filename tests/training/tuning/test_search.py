"""The search: the preset first, the same with and without a stop, and nothing lost by a kill."""

import signal
import subprocess
import sys

import pytest
from optuna.trial import TrialState

from tests.training.recording import RecordingProgress
from tests.training.small import ROOT
from tests.training.tuning.made import START, losses, prune_from, run
from training.errors import TrainingError, VectorsError
from training.tuning.study import RETRY_OF

KILLED_IN_TRIAL_2 = """
import os, signal, sys
from pathlib import Path
from tests.training.tuning.made import losses, run

def measure(trial, values, progress):
    if trial.number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return losses(trial, values, progress)

run(Path(sys.argv[1]), 5, measure=measure)
"""


def told(trials):
    """What the finished trials tried and found, in order."""
    return [(trial.params, trial.value) for trial in trials if trial.state == TrialState.COMPLETE]


def test_the_presets_own_values_come_first(tmp_path):
    trials = run(tmp_path, 2)
    assert trials[0].params == START
    assert trials[1].params != START
    assert trials[0].value == pytest.approx(sum(losses(None, START, None)) / 2)


def test_the_search_finds_better_values_than_it_began_with(tmp_path):
    trials = run(tmp_path, 25)
    assert min(trial.value for trial in trials) < trials[0].value - 0.3


def test_a_stopped_search_goes_on_as_if_it_had_not_been(tmp_path):
    run(tmp_path / "twice", 11)
    assert told(run(tmp_path / "twice", 14)) == told(run(tmp_path / "once", 14))


def test_another_seed_is_another_search(tmp_path):
    assert told(run(tmp_path / "one", 3, seed=1))[1:] != told(run(tmp_path / "other", 3, seed=2))[1:]


def test_enough_trials_are_enough(tmp_path):
    run(tmp_path, 3)
    assert len(run(tmp_path, 2)) == 3


def test_a_trial_that_was_killed_is_tried_again(tmp_path):
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_IN_TRIAL_2, str(tmp_path / "killed")], cwd=ROOT, check=False, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    trials = run(tmp_path / "killed", 5)
    assert [trial.state for trial in trials].count(TrialState.FAIL) == 1
    assert trials[2].state == TrialState.FAIL
    assert trials[3].user_attrs[RETRY_OF] == 2
    assert trials[3].params == trials[2].params
    assert told(trials) == told(run(tmp_path / "unkilled", 5))


@pytest.mark.parametrize("error", [KeyboardInterrupt, VectorsError, MemoryError])
def test_what_ends_the_search_is_raised_and_its_trial_tried_again(tmp_path, error):
    def measure(trial, values, progress):
        if trial.number == 1:
            raise error
        return losses(trial, values, progress)

    with pytest.raises(error):
        run(tmp_path, 3, measure=measure)
    trials = run(tmp_path, 3, measure=measure)
    assert [trial.state for trial in trials] == [TrialState.COMPLETE, TrialState.FAIL] + 2 * [TrialState.COMPLETE]
    assert trials[2].params == trials[1].params


def test_a_trial_that_always_ends_the_process_is_given_up(tmp_path):
    def measure(trial, values, progress):
        if values == START:
            raise MemoryError
        return losses(trial, values, progress)

    for _ in range(3):
        with pytest.raises(MemoryError):
            run(tmp_path, 2, measure=measure)
    states = [trial.state for trial in run(tmp_path, 2, measure=measure)]
    assert states == 3 * [TrialState.FAIL] + 2 * [TrialState.COMPLETE]


def test_a_pruned_trial_counts(tmp_path):
    trials = run(tmp_path, 4, measure=prune_from(2))
    assert [trial.state.name for trial in trials] == ["COMPLETE", "COMPLETE", "PRUNED", "PRUNED"]
    assert trials[2].value == 2.5


def test_values_that_cannot_be_used_are_told_and_passed_over(tmp_path):
    def measure(trial, values, progress):
        if trial.number == 1:
            raise TrainingError("it diverged")
        return losses(trial, values, progress)

    progress = RecordingProgress()
    trials = run(tmp_path, 3, measure=measure, progress=progress)
    assert [trial.state.name for trial in trials] == ["COMPLETE", "PRUNED", "COMPLETE"]
    assert progress.of("warn") == [("trial 1 cannot be used: it diverged",)]


def test_where_none_can_be_used_the_search_says_so(tmp_path):
    def measure(trial, values, progress):
        raise TrainingError("it diverged")

    with pytest.raises(TrainingError, match=r"None of the trials could be measured\. The last: it diverged"):
        run(tmp_path, 2, measure=measure)


def test_no_trial_begins_after_the_time_is_up(tmp_path):
    progress = RecordingProgress()
    assert run(tmp_path, 5, minutes=0, progress=progress)[0].state == TrialState.WAITING
    assert progress.of("note") == [("the time is up after 0 of 5 trials; the same command goes on",)]


def test_each_trial_is_a_stage_and_a_better_one_is_noted(tmp_path):
    progress = RecordingProgress()
    trials = run(tmp_path, 2, progress=progress)
    assert progress.of("stage") == [("trial 0, 1 of 2", None), ("trial 1, 2 of 2", None)]
    assert progress.of("note")[0] == (f"trial 0: log loss {trials[0].value:.4f}, the best so far",)
