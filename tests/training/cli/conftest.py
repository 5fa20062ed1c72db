"""The command line inside the test's own process: TensorFlow is imported once for all of them."""

import json
from typing import NamedTuple

import pytest

from tests.bundles import make_bundle
from training.cli import main


class Ended(NamedTuple):
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def events(self):
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def cli(monkeypatch, capsys):
    """Runs `python -m training …`."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["training", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main()
        return Ended(int(caught.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def toy_registry(tmp_path_factory):
    """A registry with the model `toy`, which knows the labels calm, storm and thaw; no test changes it."""
    models = tmp_path_factory.mktemp("toy") / "models"
    make_bundle(models)
    return models


@pytest.fixture
def one_line():
    """Asserts that a command failed with one clear line for a person, after what it said while it ran."""

    def check(ended):
        assert ended.code == 1
        assert ended.out == ""
        head, found, message = ended.err.partition("error: ")
        assert found, ended.err
        assert head == "" or head.endswith("\n")
        assert message.count("\n") == 1, message
        assert "Traceback" not in ended.err
        return message.rstrip("\n")

    return check
