import json

import numpy as np
import pytest

from benchmarks import serving, versions
from benchmarks.peers.comparison import Plan
from benchmarks.versions import SkippedError, measure, measured_apart
from tests.bundles import make_bundle


def test_a_version_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(versions, "BUNDLES", {"reference": tmp_path, "accurate": tmp_path / "2"})
    with pytest.raises(SkippedError, match=f"there is no {tmp_path / '2'} to compare"):
        measured_apart(1, 0.1, 0, None)


def test_a_section_that_cannot_be_measured_is_left_out_and_the_others_are_written(tmp_path, monkeypatch, capsys):
    def absent(_plan):
        raise SkippedError("there is no 2 to compare")

    monkeypatch.setattr(serving, "SECTIONS", {"versions": absent, "memory": lambda _plan: {"ratio": 1.5}})
    monkeypatch.setattr("os.sched_setaffinity", lambda *_: None)
    out = tmp_path / "serving.json"
    serving.measure(Plan((1,), 1, 1.0, 0, 0, tmp_path, None), ["versions", "memory"], out)
    assert list(json.loads(out.read_text())) == ["memory"]
    assert capsys.readouterr().out == "versions is left out: there is no 2 to compare\n"


def test_both_versions_are_measured_in_each_round_and_compared_within_it(tmp_path, monkeypatch):
    bundles = {name: make_bundle(tmp_path / name) for name in ("reference", "accurate")}
    turns = iter([10.0, 20.0, 10.0, 30.0, 10.0, 40.0])
    seen = []

    def timed(run, ids, batch, seconds):
        assert run(ids[:2]).shape == (2, 3)
        seen.append((ids.dtype, ids.shape, batch, seconds))
        return next(turns)

    monkeypatch.setattr(versions, "microseconds_a_text", timed)
    monkeypatch.setattr("model.device.limit_threads", lambda *_: None)
    found = measure(bundles, (32,), 3, 0.25, None)
    assert found == {
        "batches": {"32": {"reference": {"us_a_text": 10, "ratio": 1}, "accurate": {"us_a_text": 30, "ratio": 3}}}
    }
    assert seen == [(np.dtype(np.int32), (versions.ROWS, 8), 32, 0.25)] * 6
