"""The course of a cross-validation, with answers in place of processes that learn."""

from dataclasses import replace

import numpy as np
import pytest

from model.errors import ConfigError
from model.run_events import Failure
from tests.training.crossval.made import result_of
from tests.training.recording import RecordingProgress
from tests.training.small import write_messages
from training.crossval import run
from training.crossval.fold import split_of
from training.crossval.folder import RunFolder
from training.crossval.processes import Ended
from training.crossval.run import Execution, cross_validate
from training.data.dataset import load_dataset
from training.errors import DataError, TrainingError


class FakeProcesses:
    """Finishes every fold but those of `fails`, a number to what is heard of it; `ran` are the numbers so far."""

    def __init__(self, settings, folder):
        self.settings, self.folder = settings, folder
        self.ran: list[int] = []
        self.fails: dict[int, list[object]] = {}
        self.meanwhile = lambda: None

    def __call__(self, commands, processes, tell):
        assert processes == 1
        self.meanwhile()
        dataset = load_dataset(self.settings.data)
        for number in commands:
            self.ran.append(number)
            for event in self.fails.get(number, []):
                if isinstance(event, BaseException):
                    raise event
                tell(number, event)
            if number not in self.fails:
                rows = split_of(self.settings, number, dataset).test
                fold, seed = self.settings.fold_of(number) + 1, self.settings.seed_of(number)
                result = result_of(number, fold, rows, dataset.targets[rows], seed=seed)
                result.save(self.folder / f"fold-{number:02}.npz")
                tell(number, Ended(0))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "folds"


@pytest.fixture
def fake(monkeypatch, settings, folder):
    processes = FakeProcesses(settings, folder)
    monkeypatch.setattr(run, "run_side_by_side", processes)
    return processes


@pytest.fixture
def crossvalidated(settings, folder):
    def call(changes=None, **options):
        progress = RecordingProgress()
        found = cross_validate(replace(settings, **changes or {}), Execution(folder, **options), progress)
        return found, progress

    return call


def test_every_row_is_held_out_once_in_a_fold_that_is_told_in_a_line(fake, crossvalidated):
    found, progress = crossvalidated()
    assert found.complete
    assert np.array_equal(np.sort(np.concatenate([each.rows for each in found.results])), np.arange(90))
    assert fake.ran == [1, 2, 3]
    notes = [note for (note,) in progress.of("note")]
    assert [note.partition(":")[0] for note in notes] == ["fold 1 of 3", "fold 2 of 3", "fold 3 of 3"]
    assert f"log loss {found.network.folds[0].log_loss:.4f}" in notes[0]
    assert [done for done, _ in progress.of("advance")][-3:] == [1, 2, 3]


def test_run_again_it_learns_nothing(fake, crossvalidated):
    first, _ = crossvalidated()
    again, progress = crossvalidated()
    assert fake.ran == [1, 2, 3]
    assert again.network == first.network
    assert ("3 of 3 folds were finished before",) in progress.of("note")


def test_a_fold_that_fails_leaves_the_others_and_is_all_that_runs_again(fake, crossvalidated):
    fake.fails = {2: [Failure(event="error", message="the loss is not finite"), Ended(1)]}
    with pytest.raises(TrainingError, match=r"1 of 3 folds did not finish: 2\. The others are kept in"):
        crossvalidated()
    fake.fails = {}
    found, _ = crossvalidated()
    assert fake.ran == [1, 2, 3, 2]
    assert found.complete


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([Failure(event="error", message="the loss is not finite"), Ended(1)], "the loss is not finite"),
        ([Ended(-9)], "was killed (SIGKILL), perhaps for want of memory"),
        ([Ended(0)], "ended with exit code 0"),
    ],
    ids=["error", "killed", "nothing"],
)
def test_why_a_fold_failed_is_told_at_once(fake, settings, folder, events, reason):
    fake.fails, progress = {1: events}, RecordingProgress()
    with pytest.raises(TrainingError):
        cross_validate(settings, Execution(folder), progress)
    assert progress.of("warn") == [(f"fold 1: {reason}",)]


def test_what_every_fold_would_meet_ends_it_at_the_first(fake, crossvalidated):
    fake.fails = {1: [Failure(event="error", message="glove.txt is damaged", type="VectorsError"), Ended(1)]}
    with pytest.raises(TrainingError, match=r"fold 1, and so all of them: glove\.txt is damaged"):
        crossvalidated()
    assert fake.ran == [1]


def test_what_a_process_said_on_standard_error_is_pointed_to(fake, settings, folder):
    fake.fails, progress = {1: [Ended(1)]}, RecordingProgress()
    folder.mkdir()
    (folder / "fold-01.log").write_text("Traceback")
    with pytest.raises(TrainingError):
        cross_validate(settings, Execution(folder), progress)
    assert progress.of("warn") == [(f"fold 1: ended with exit code 1 ({folder / 'fold-01.log'} has more)",)]


def test_interrupted_it_says_what_is_kept(fake, crossvalidated):
    fake.fails = {3: [KeyboardInterrupt()]}
    with pytest.raises(KeyboardInterrupt, match="2 of 3 folds are kept, and the same command goes on"):
        crossvalidated()


def test_some_folds_alone(fake, crossvalidated):
    found, _ = crossvalidated(only={2})
    assert fake.ran == [2]
    assert [each.number for each in found.results] == [2]
    assert not found.complete
    found, _ = crossvalidated(only={2, 3})
    assert fake.ran == [2, 3]
    assert [each.number for each in found.results] == [2, 3]


def test_what_another_command_finishes_meanwhile_counts(fake, settings, folder, crossvalidated):
    rows = split_of(settings, 3, load_dataset(settings.data)).test
    finished_elsewhere = result_of(3, 3, rows, load_dataset(settings.data).targets[rows])
    fake.meanwhile = lambda: finished_elsewhere.save(folder / "fold-03.npz")
    found, _ = crossvalidated(only={1, 2})
    assert fake.ran == [1, 2]
    assert found.complete


def test_a_repetition_more_goes_on_from_the_first(fake, settings, crossvalidated):
    crossvalidated()
    fake.settings = replace(settings, repeats=2)
    found, _ = crossvalidated({"repeats": 2})
    assert fake.ran == [1, 2, 3, 4, 5, 6]
    assert [each.seed for each in found.results] == [4, 4, 4, 5, 5, 5]
    assert not np.array_equal(found.results[0].rows, found.results[3].rows)


def test_a_restart_learns_all_again(fake, crossvalidated):
    crossvalidated()
    crossvalidated(restart=True)
    assert fake.ran == [1, 2, 3, 1, 2, 3]


def test_other_data_in_the_same_folder_are_refused(fake, settings, crossvalidated):
    crossvalidated()
    write_messages(settings.data, rows_per_class=20)
    with pytest.raises(ConfigError, match="folds of another cross-validation"):
        crossvalidated()


def test_without_a_folder_settings_have_one_of_their_own(fake, settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(RunFolder, "finished", lambda *_: {1: result_of(1, 1, np.arange(9), np.arange(9) % 3)})
    for seed in (4, 4, 5):
        cross_validate(replace(settings, seed=seed), Execution(only={1}), RecordingProgress())
    first, second = sorted((tmp_path / "var" / "crossval").iterdir())
    assert first.name.startswith("data-small-")
    assert second.name.startswith("data-small-")


def test_more_folds_than_rows_are_refused_before_anything_is_learnt(fake, crossvalidated):
    with pytest.raises(DataError, match="91 folds need as many texts, and there are 90"):
        crossvalidated({"folds": 91})
    assert fake.ran == []


def test_classes_that_are_not_in_every_fold_are_told_of(fake, settings, crossvalidated):
    fake.settings = replace(settings, folds=31)
    _, progress = crossvalidated({"folds": 31}, only={1})
    assert progress.of("warn") == [("some of the 31 folds hold no row of these classes: c0 (30), c1 (30), c2 (30)",)]
