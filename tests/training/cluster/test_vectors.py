"""Word vectors read once for all folds are those that each fold would have read."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.recording import RecordingProgress
from tests.training.small import SMALL, write_glove, write_messages
from training.cluster.vectors import vectors_to_ship
from training.crossval.fold import split_of
from training.crossval.settings import Settings
from training.data.dataset import load_dataset
from training.errors import VectorsError
from training.preparation import DataSource, prepare_split
from training.presets import PRESETS
from training.progress import SilentProgress


@pytest.fixture
def data(tmp_path):
    return write_messages(tmp_path / "data.csv")


@pytest.mark.parametrize("cased", [False, True], ids=["lower case", "cased"])
def test_a_fold_has_the_same_matrix_without_the_file(tmp_path, data, monkeypatch, cased):
    preset = replace(SMALL, cased=cased)
    monkeypatch.setitem(PRESETS, "small", preset)
    glove = write_glove(tmp_path / "glove.txt")
    dataset = load_dataset(data)
    read = vectors_to_ship(str(glove), dataset, preset, [4], None, SilentProgress())
    split = split_of(Settings(data, "small", folds=3), 1, dataset)

    here = prepare_split(dataset, split, DataSource(data, vectors=str(glove)), preset, SilentProgress())
    glove.unlink()
    there = prepare_split(dataset, split, DataSource(data, vectors=str(glove), read=read), preset, SilentProgress())
    assert here.vectors.matrix is not None
    assert there.vectors.matrix is not None
    assert here.vectors.matrix.any()
    assert np.array_equal(there.vectors.matrix, here.vectors.matrix)
    assert (there.vectors.source, there.vectors.coverage) == (here.vectors.source, here.vectors.coverage)


@pytest.mark.parametrize("choice", ["box", "none"])
def test_what_every_node_has_is_not_shipped(data, choice):
    assert vectors_to_ship(choice, load_dataset(data), SMALL, [4], None, SilentProgress()) == {}


def test_a_file_of_other_dimensions_is_refused_before_anything_is_shipped(tmp_path, data):
    glove = write_glove(tmp_path / "glove.txt")
    with pytest.raises(VectorsError, match="4 dimensions, 5 are asked for"):
        vectors_to_ship(str(glove), load_dataset(data), SMALL, [4, 5], None, RecordingProgress())
