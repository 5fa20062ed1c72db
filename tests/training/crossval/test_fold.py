from dataclasses import replace

import numpy as np
import pytest

from tests.training.small import write_messages
from training.baseline import fit_baseline
from training.checkpoint import CheckpointFile
from training.crossval import fold
from training.crossval.fold import run_fold, split_of
from training.crossval.folder import RunFolder
from training.crossval.result import FoldResult
from training.data.dataset import load_dataset
from training.errors import DataError
from training.history import History
from training.learning import learn
from training.preparation import DataSource, prepare_split
from training.progress import SilentProgress


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "folds")


@pytest.fixture
def dataset(settings):
    return load_dataset(settings.data)


def finished(settings, folder, dataset, number=2):
    run_fold(settings, number, folder, dataset.fingerprint, SilentProgress())
    return FoldResult.load(folder.result(number))


def test_a_fold_answers_as_a_training_that_holds_out_its_rows(settings, folder, dataset, tmp_path):
    found = finished(settings, folder, dataset)
    split = split_of(settings, 2, dataset)
    preset = settings.hyper_parameters()
    source = DataSource(settings.data, vectors="none")
    prepared = prepare_split(dataset, split, source, preset, SilentProgress())
    learnt = learn(prepared, CheckpointFile(tmp_path / "x.checkpoint"), SilentProgress())
    assert np.array_equal(found.rows, split.test)
    assert np.array_equal(found.targets, dataset.targets[split.test])
    assert np.array_equal(found.lines, [dataset.line_numbers[row] for row in split.test])
    assert np.array_equal(found.probabilities, learnt.probabilities(prepared.examples(split.test).ids))
    baseline = fit_baseline(
        dataset.texts, dataset.targets, train=split.train, test=split.test, labels=dataset.labels
    ).probabilities
    assert np.array_equal(found.baseline, baseline)
    assert (found.number, found.fold, found.seed, found.epochs) == (2, 2, 4, 2)
    assert (found.train_rows, found.validation_rows, len(found.rows)) == (51, 9, 30)
    assert found.network["units"] == preset.network.units
    assert [path.name for path in folder.path.iterdir()] == ["fold-02.npz"]


def test_parts_of_the_network_answer_too_and_a_finished_fold_is_left_alone(settings, folder, dataset, monkeypatch):
    class Learnt:
        def __init__(self):
            self.history = History()
            self.parts = {"deep alone": lambda ids: np.full((len(ids), 3), 1 / 3, np.float32)}

        def probabilities(self, ids):
            return np.tile(np.array([0.5, 0.25, 0.25], np.float32), (len(ids), 1))

    monkeypatch.setattr(fold, "learn", lambda *_, **__: Learnt())
    found = finished(settings, folder, dataset)
    assert list(found.parts) == ["deep alone"]
    assert found.parts["deep alone"].shape == (30, 3)
    assert (found.epochs, found.best_epoch) == (0, 0)
    monkeypatch.setattr(fold, "learn", None)
    assert np.array_equal(finished(settings, folder, dataset).probabilities, found.probabilities)


def test_data_that_changed_meanwhile_are_not_learnt_from(settings, folder, dataset):
    write_messages(settings.data, rows_per_class=20)
    with pytest.raises(DataError, match=r"data\.csv has changed since the cross-validation began"):
        finished(settings, folder, dataset)
    assert not folder.result(2).exists()


def test_the_folds_of_a_seed_share_no_row_and_each_class_has_its_part(settings, dataset):
    settings = replace(settings, folds=4)
    splits = [split_of(settings, number, dataset) for number in range(1, 5)]
    assert np.array_equal(np.sort(np.concatenate([each.test for each in splits])), np.arange(90))
    for each in splits:
        assert set(np.bincount(dataset.targets[each.test])) <= {7, 8}
        assert np.bincount(dataset.targets[each.validation]).tolist() == [3, 3, 3]
        assert not np.intersect1d(each.test, np.concatenate([each.train, each.validation])).size
