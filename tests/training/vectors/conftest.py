"""What the tests of the vectors share: a recording progress and a few lines of GloVe text."""

import pytest

from tests.training.vectors.recording import RecordingProgress


@pytest.fixture
def progress() -> RecordingProgress:
    return RecordingProgress()


@pytest.fixture
def glove_text() -> bytes:
    """Three words of two dimensions."""
    return b"the 0.5 -1\nraven 1.25 2\nhouse -3 4e-1\n"
