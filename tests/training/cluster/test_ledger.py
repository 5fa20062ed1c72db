"""What trials elsewhere say, in the study: as if they had run here."""

import pytest
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from tests.training.recording import RecordingProgress
from tests.training.tuning.made import SPACE, losses, run, study
from training.cluster.ledger import ERROR, STEP, UNTIL_NOW, WARNINGS, Ledger
from training.errors import TrainingError
from training.tuning.search import FOLDS, REASON, Budget, Course
from training.tuning.study import RETRY_OF


@pytest.fixture
def progress():
    return RecordingProgress()


@pytest.fixture
def search(tmp_path, progress):
    """A ledger of a study for which six trials are due."""
    with study(tmp_path) as opened:
        yield Elsewhere(Course(opened, SPACE, Budget(6), progress, 1))


class Elsewhere:
    """Trials as Tune begins them."""

    def __init__(self, course):
        self.course, self.study = course, course.study
        self.ledger = Ledger(course)

    def begin(self):
        """The name of a trial and its values; None where none may begin."""
        if not self.ledger.may_begin():
            return None
        trial = self.study.ask()
        values = {row.name: row.suggest(trial) for row in SPACE}
        self.ledger.begin(str(trial.number), trial)
        return str(trial.number), values

    def finish(self, name, values):
        return self.ledger.hear(name, {FOLDS: losses(None, values, None)})

    def states(self):
        return [trial.state.name for trial in self.study.get_trials()]


def test_trials_side_by_side_try_what_trials_one_by_one_do(search, tmp_path):
    begun = [search.begin() for _ in range(6)]
    assert search.begin() is None  # six are due, and six run
    for name, values in reversed(begun):
        assert search.finish(name, values)
    assert search.begin() is None
    alone = run(tmp_path / "alone", 6)
    assert [trial.params for trial in search.study.get_trials()] == [trial.params for trial in alone]
    assert [trial.value for trial in search.study.get_trials()] == [trial.value for trial in alone]
    assert [trial.user_attrs for trial in search.study.get_trials()] == [trial.user_attrs for trial in alone]


def test_progress_is_the_trials_that_are_over_with_a_line_each(search, progress):
    first, second = search.begin(), search.begin()
    search.finish(*second)
    search.finish(*first)
    values = [trial.value for trial in search.study.get_trials()]
    assert progress.of("advance") == [(1, {UNTIL_NOW: values[1]}), (2, {UNTIL_NOW: values[0]})]
    assert [note.partition(":")[0] for (note,) in progress.of("note")] == ["trial 1", "trial 0"]


def test_a_trial_worse_than_the_median_is_ended_and_counts(search):
    for _ in range(4):
        name, values = search.begin()
        for step in (1, 2, 3):
            assert not search.ledger.hear(name, {UNTIL_NOW: 1.0, STEP: step})
        search.finish(name, values)
    name, _ = search.begin()
    heard = [search.ledger.hear(name, {UNTIL_NOW: 2.0, STEP: step}) for step in (1, 2)]
    assert heard == [False, True]
    assert search.states()[4:] == ["PRUNED"]
    assert search.study.get_trials()[4].value == 2.0
    assert search.begin() is not None
    assert search.begin() is None


def test_a_trial_that_begins_anew_goes_over_its_reports_again(search):
    name, values = search.begin()
    for step, loss in ((1, 3.0), (2, 2.0), (1, 3.0), (2, 2.0), (3, 1.0)):
        assert not search.ledger.hear(name, {UNTIL_NOW: loss, STEP: step})
    search.finish(name, values)
    assert search.study.get_trials()[0].intermediate_values == {1: 3.0, 2: 2.0, 3: 1.0}
    assert search.states() == ["COMPLETE"]


def test_values_that_cannot_be_used_are_told_and_passed_over(search, progress):
    name, _ = search.begin()
    assert search.ledger.hear(name, {REASON: "it diverged"})
    assert progress.of("warn") == [("trial 0 cannot be used: it diverged",)]
    assert search.states() == ["PRUNED"]


def test_what_all_would_meet_ends_the_search_and_its_trials_are_tried_again(search, tmp_path):
    (first, _), (second, _) = search.begin(), search.begin()
    assert search.ledger.hear(first, {ERROR: "glove.txt is damaged"})
    assert search.begin() is None
    assert search.ledger.hear(second, {UNTIL_NOW: 1.0, STEP: 1}) is False
    search.ledger.close()
    assert isinstance(search.ledger.error, TrainingError)
    assert str(search.ledger.error) == "trial 0, and so the search: glove.txt is damaged"
    assert search.states() == ["FAIL", "FAIL"]


def test_a_trial_lost_each_time_it_was_tried_ends_the_search(search):
    name, _ = search.begin()
    search.ledger.lose(name, "its process ended")
    assert "trial 0 was lost with its node each time it was tried: its process ended" in str(search.ledger.error)
    assert search.begin() is None


def test_cut_short_here_it_goes_on_there(tmp_path, progress):
    with study(tmp_path) as opened:
        search = Elsewhere(Course(opened, SPACE, Budget(4), progress, 1))
        search.finish(*search.begin())
        search.begin()
        search.ledger.close()
    trials = run(tmp_path, 4)
    assert trials[1].state == TrialState.FAIL
    assert trials[2].user_attrs[RETRY_OF] == 1
    assert trials[2].params == trials[1].params
    finished = [(trial.params, trial.value) for trial in trials if trial.state == TrialState.COMPLETE]
    assert finished == [(trial.params, trial.value) for trial in run(tmp_path / "alone", 4)]


def test_what_a_trial_warns_of_is_told_once(search, progress):
    (first, _), (second, _) = search.begin(), search.begin()
    for name in (first, first, second):
        search.ledger.hear(name, {UNTIL_NOW: 1.0, STEP: 1, WARNINGS: ["few words have a vector"]})
    assert progress.of("warn") == [("few words have a vector",)]


def test_what_comes_of_a_trial_that_is_over_is_passed_over(search):
    name, values = search.begin()
    search.finish(name, values)
    assert search.ledger.hear(name, {UNTIL_NOW: 1.0, STEP: 9})
    search.ledger.lose(name, "its process ended")
    assert search.ledger.error is None


def test_a_study_that_cannot_be_written_is_kept_to_be_raised(search):
    name, values = search.begin()
    search.course.study.tell(0, 1.0)  # so that telling it again raises
    with search.ledger.keeping():
        search.finish(name, values)
    assert isinstance(search.ledger.error, (ValueError, UpdateFinishedTrialError))
    assert search.begin() is None
