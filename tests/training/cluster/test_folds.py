"""The folds of a cross-validation as tasks, with tasks of this process in place of a cluster's."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from model.run_events import Failure
from tests.training.crossval.made import result_of
from tests.training.recording import RecordingProgress
from tests.training.small import SMALL, write_messages
from training.cluster import folds
from training.cluster.folds import RETRIES, OnCluster
from training.crossval.fold import split_of
from training.crossval.folder import RunFolder
from training.crossval.processes import Ended
from training.crossval.run import Execution, cross_validate
from training.crossval.settings import Settings
from training.data.dataset import load_dataset
from training.errors import TrainingError, VectorsError
from training.presets import PRESETS
from training.progress import SilentProgress


class LostError(Exception):
    """What Ray raises of a task whose process or node was lost."""


class Tasks:
    """As much of Ray as the folds use; a task runs when it is asked for, the one begun last first."""

    exceptions = SimpleNamespace(RayError=LostError)

    def __init__(self):
        self.options_given: list[dict[str, object]] = []
        self.most_at_a_time = 0
        self.begun: list[int] = []

    def nodes(self):
        return [{"Alive": True, "Resources": {"CPU": 2.0}}]

    def put(self, value):
        return value

    def remote(self, **options):
        self.options_given.append(options)

        def task(function):
            def begin(number, shipped):
                self.begun.append(number)
                return lambda: function(number, shipped)

            def options(**more):
                self.options_given.append(more)
                return SimpleNamespace(remote=begin)

            return SimpleNamespace(options=options)

        return task

    def wait(self, running):
        self.most_at_a_time = max(self.most_at_a_time, len(running))
        return running[-1:], running[:-1]

    def get(self, over):
        return over()


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setitem(PRESETS, "small", SMALL)
    monkeypatch.setattr(folds, "limit_threads", lambda _: None)  # this process has others to compute for
    return Settings(write_messages(tmp_path / "data.csv"), "small", folds=3, seed=4, vectors="none")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "folds").mkdir()
    return RunFolder(tmp_path / "folds")


@pytest.fixture
def tasks():
    return Tasks()


@pytest.fixture
def learn(settings, folder, tasks):
    """What was told of the folds `numbers`, learnt without the data file."""

    def call(numbers=(1, 2, 3), at_most=None):
        told = []
        dataset = load_dataset(settings.data)
        settings.data.unlink()  # a node has it not
        runner = OnCluster(tasks, 1, at_most, SilentProgress())
        runner(settings, dataset, numbers, folder, lambda number, event: told.append((number, event)))
        return told

    return call


@pytest.fixture(autouse=True)
def answers(monkeypatch):
    """Answers drawn at random in place of those of a network; what is learnt is compared on a real cluster."""

    def answer(settings, number, dataset, _progress, **_options):
        rows = split_of(settings, number, dataset).test
        fold, seed = settings.fold_of(number) + 1, settings.seed_of(number)
        return result_of(number, fold, rows, dataset.targets[rows], seed=seed)

    monkeypatch.setattr("training.crossval.fold.answer_fold", answer)


@pytest.fixture
def failing(monkeypatch):
    """Makes every fold fail with an error."""

    def fail(error):
        def learn_fold(_number, _shipped):
            raise error

        def answer(*_arguments, **_options):
            raise error

        if isinstance(error, LostError):
            monkeypatch.setattr(folds, "learn_fold", learn_fold)
        monkeypatch.setattr("training.crossval.fold.answer_fold", answer)

    return fail


def test_what_a_task_answers_is_kept_here_and_told_as_of_a_process(learn, settings, folder):
    split = split_of(settings, 2, load_dataset(settings.data))
    assert learn() == [(3, Ended(0)), (2, Ended(0)), (1, Ended(0))]
    found = folder.finished(range(1, 4), SilentProgress())
    assert [*found] == [1, 2, 3]
    assert np.array_equal(found[2].rows, split.test)
    assert np.array_equal(found[2].probabilities, result_of(2, 2, split.test, split.test).probabilities)


def test_each_has_a_process_of_its_own_and_a_core_and_is_tried_again_when_lost(learn, tasks):
    learn((1,))
    assert tasks.options_given == [{"max_calls": 1, "max_retries": RETRIES}, {"num_cpus": 1, "num_gpus": 0}]


def test_ray_decides_how_many_run_unless_told(learn, tasks, failing):
    failing(TrainingError("it diverged"))
    learn((1, 2, 3))
    assert tasks.most_at_a_time == 3


def test_no_more_run_at_a_time_than_asked_for(learn, tasks, failing):
    failing(TrainingError("it diverged"))
    learn((1, 2, 3), at_most=2)
    assert tasks.most_at_a_time == 2
    assert tasks.begun == [1, 2, 3]


def test_why_a_fold_failed_is_told_and_where_in_its_log(learn, failing, folder):
    failing(ZeroDivisionError("of nothing"))
    message = "ZeroDivisionError: of nothing"
    assert learn((2,)) == [(2, Failure(event="error", message=message, type="ZeroDivisionError")), (2, Ended(1))]
    assert "Traceback" in folder.log(2).read_text()
    assert not folder.result(2).exists()


def test_what_was_raised_on_purpose_needs_no_log(learn, failing, folder):
    failing(TrainingError("it diverged"))
    assert learn((2,)) == [(2, Failure(event="error", message="it diverged", type="TrainingError")), (2, Ended(1))]
    assert not folder.log(2).exists()


def test_a_fold_lost_each_time_leaves_the_others(learn, failing):
    failing(LostError("The worker died.\nIn many words."))
    (first, failure), (last, ended) = learn((2,))
    assert (first, last, ended) == (2, 2, Ended(1))
    assert failure.message == "lost 4 times with its process or node: The worker died."


def test_finished_here_or_there_the_same_cross_validation_goes_on(settings, tasks, folder):
    rows = split_of(settings, 2, dataset := load_dataset(settings.data)).test
    here = result_of(2, 2, rows, dataset.targets[rows], seed=4)
    cross_validate(
        settings, Execution(folder.path, only=[1], runner=OnCluster(tasks, 1, 1, SilentProgress())), SilentProgress()
    )
    folder.keep(here)
    runner = OnCluster(tasks, 1, None, SilentProgress())
    progress = RecordingProgress()
    found = cross_validate(settings, Execution(folder.path, runner=runner), progress)
    assert tasks.begun == [1, 3]
    assert found.complete
    assert ("2 of 3 folds were finished before",) in progress.of("note")


def test_what_every_fold_would_meet_ends_it_at_the_first(settings, tasks, folder, failing):
    failing(VectorsError("the table is damaged"))
    execution = Execution(folder.path, runner=OnCluster(tasks, 1, None, SilentProgress()))
    with pytest.raises(TrainingError, match="fold 3, and so all of them: the table is damaged"):
        cross_validate(settings, execution, RecordingProgress())


def test_what_was_begun_here_of_a_fold_is_gone_when_it_is_finished_there(learn, folder):
    folder.working(1).mkdir()
    (folder.working(1) / "abc.checkpoint").touch()
    learn((1,))
    assert not folder.working(1).exists()


def test_the_file_of_vectors_stays_where_it_is(settings, folder, tasks, tmp_path):
    with pytest.raises(VectorsError, match="no such vector file"):
        OnCluster(tasks, 1, None, SilentProgress())(
            replace(settings, vectors=str(tmp_path / "none.txt")), load_dataset(settings.data), (1,), folder, print
        )
    assert tasks.begun == []
