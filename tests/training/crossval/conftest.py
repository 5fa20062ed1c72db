"""Settings for small data and a small network."""

import pytest

from tests.training.small import SMALL, write_messages
from training.crossval.settings import Settings
from training.presets import PRESETS


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Three folds of 90 rows."""
    monkeypatch.setitem(PRESETS, "small", SMALL)
    return Settings(write_messages(tmp_path / "data.csv"), "small", folds=3, seed=4, vectors="none")
