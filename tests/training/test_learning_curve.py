"""Parts of the training rows, and what is learnt from them."""

import numpy as np
import pytest

from tests.training.recording import RecordingProgress
from tests.training.small import SMALL, write_messages
from training import learning_curve
from training.baseline import fit_baseline
from training.errors import TrainingError
from training.learning import learn
from training.learning_curve import Retraining, baseline_curve, nested_parts, network_curve
from training.preparation import DataSource, prepare


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return DataSource(write_messages(tmp_path_factory.mktemp("curve") / "messages.csv"), vectors="none")


@pytest.fixture(scope="module")
def prepared(source):
    return prepare(source, SMALL, RecordingProgress())


def test_parts_are_nested_and_every_class_keeps_its_share():
    targets = np.array([0] * 80 + [1] * 16 + [2] * 2, np.int32)
    rows = np.arange(98)
    parts = nested_parts(rows, targets, seed=4)
    assert [np.bincount(targets[part]).tolist() for part in parts] == [[10, 2, 1], [20, 4, 1], [40, 8, 1]]
    for smaller, larger in zip(parts, [*parts[1:], rows], strict=True):
        assert set(smaller) < set(larger)
        assert list(smaller) == sorted(smaller)


def test_the_seed_decides_on_the_parts():
    targets = np.zeros(64, np.int32)
    first, again, other = (nested_parts(np.arange(64), targets, seed)[0].tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_sizes_that_are_equal_are_given_once_and_all_rows_never():
    assert [part.tolist() for part in nested_parts(np.array([3, 7]), np.arange(9, dtype=np.int32) % 9, 0)] == []
    assert [len(part) for part in nested_parts(np.arange(4), np.zeros(4, np.int32), 0)] == [1, 2]


def test_the_baseline_learns_from_each_part(prepared):
    whole = fit_baseline(
        prepared.dataset.texts,
        prepared.dataset.targets,
        train=prepared.split.train,
        test=prepared.split.test,
        labels=prepared.dataset.labels,
    ).evaluation
    curve = baseline_curve(prepared, whole)
    assert sorted(curve) == [9, 18, 36, 72]
    assert curve[72] is whole
    assert {each.rows for each in curve.values()} == {len(prepared.split.test)}


def test_the_network_learns_from_each_part_with_the_words_of_that_part(prepared, source, tmp_path, monkeypatch):
    seen = []

    def spied(part, *arguments, **options):
        seen.append((len(part.split.train), len(part.encoder.tokenizer.word_index), len(part.dataset)))
        return learn(part, *arguments, **options)

    monkeypatch.setattr(learning_curve, "learn", spied)
    progress = RecordingProgress()
    preset = SMALL.adapted(epochs=1)
    curve = network_curve(prepared, Retraining(source, preset, tmp_path / "checkpoints"), progress)
    assert sorted(curve) == [rows for rows, _, _ in seen] == [9, 18, 36]
    assert [whole for _, _, whole in seen] == [27, 36, 54]
    words = [words for _, words, _ in seen]
    assert words == sorted(words)
    assert words[0] < len(prepared.encoder.tokenizer.word_index)
    assert {each.rows for each in curve.values()} == {9}
    assert not (tmp_path / "checkpoints").exists()
    assert ("learning curve: training on 9 of 72 rows",) in progress.of("note")


def test_a_part_that_cannot_be_learnt_from_is_left_out_with_a_warning(prepared, source, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise TrainingError("the fit diverged")

    monkeypatch.setattr(learning_curve, "learn", fail)
    progress = RecordingProgress()
    assert network_curve(prepared, Retraining(source, SMALL, tmp_path), progress) == {}
    assert progress.of("warn")[0] == ("The learning curve has no figure for 9 training rows: the fit diverged",)
