import shutil
from pathlib import Path

import pytest

from tests.bundles import make_bundle


@pytest.fixture(scope="session")
def pristine(tmp_path_factory) -> Path:
    """A toy bundle that no test changes."""
    return make_bundle(tmp_path_factory.mktemp("pristine"))


@pytest.fixture
def folder(pristine, tmp_path) -> Path:
    """A copy of it that a test may damage."""
    return Path(shutil.copytree(pristine, tmp_path / "1"))
