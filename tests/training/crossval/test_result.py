from dataclasses import fields

import numpy as np
import pytest

from tests.training.crossval.made import results_of
from training.crossval.result import FoldResult
from training.vectors.arrays import DamagedArraysError


def test_what_is_saved_comes_back_bit_for_bit(tmp_path):
    (result, _) = results_of(20, 2, parts=("wide alone", "without temperature"))
    result.save(tmp_path / "fold-01.npz")
    found = FoldResult.load(tmp_path / "fold-01.npz")
    for field in fields(FoldResult):
        ours, theirs = getattr(result, field.name), getattr(found, field.name)
        if isinstance(ours, np.ndarray):
            assert ours.dtype == theirs.dtype
        if field.name == "parts":
            assert list(ours) == list(theirs)
            assert all(np.array_equal(ours[name], theirs[name]) for name in ours)
        else:
            assert np.array_equal(ours, theirs)


def test_a_damaged_file_is_found_out(tmp_path):
    (result, _) = results_of(20, 2)
    path = tmp_path / "fold-01.npz"
    result.save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DamagedArraysError):
        FoldResult.load(path)
