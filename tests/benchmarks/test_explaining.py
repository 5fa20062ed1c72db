from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import explaining
from benchmarks.explaining import PATHS, measure
from benchmarks.wrk import Load

P50_MS = {"/predict": 2.0, "/explain": 30.0, "/explain?detail=summary": 10.0}


class FakeWrk:
    """Answers each request in a time that its path says, a tenth longer with each run."""

    runs: list[str]
    refused = 0

    def __init__(self, _folder, bodies, path, _core):
        self.path, self.slower = path, 1.0
        assert bodies == [b'{"text": "a"}', b'{"text": "b"}']

    def run(self, port, connections, _seconds):
        assert (port, connections) == (8000, 1)
        self.runs.append(self.path)
        self.slower *= 1.1
        return Load(100.0, P50_MS[self.path] * self.slower, 99.0, self.refused, 0)


SERVER: Any = SimpleNamespace(port=8000)


@pytest.fixture
def wrk(monkeypatch):
    FakeWrk.runs, FakeWrk.refused = [], 0
    monkeypatch.setattr(explaining, "Wrk", FakeWrk)
    monkeypatch.setattr(explaining, "settle", lambda _: None)
    return FakeWrk


def test_explanations_are_compared_with_predictions_of_the_same_round(wrk, tmp_path):
    found = measure(SERVER, tmp_path, ["a", "b"], 1, rounds=2, seconds=1)
    assert {name: figures["ratio"] for name, figures in found.items()} == pytest.approx(
        {"predict": 1.0, "full": 15.0, "summary": 5.0}
    )
    paths = list(PATHS.values())
    assert wrk.runs == [*paths, *paths, *reversed(paths)]


def test_times_of_refusals_are_not_taken_for_times_of_answers(wrk, tmp_path):
    wrk.refused = 3
    with pytest.raises(ValueError, match="refused"):
        measure(SERVER, tmp_path, ["a", "b"], 1, rounds=1, seconds=1)
