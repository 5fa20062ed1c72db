import sys
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import timing
from benchmarks.processes import environment
from benchmarks.timing import timer

TIMED = """
import sys, time
from pathlib import Path
import numpy as np
from benchmarks.timing import answer_requests

def slow(ids):
    time.sleep(0.002)
    return ids * 2

answer_requests(Path(sys.argv[1]), {"slow": slow, "quick": lambda ids: ids}, np.arange(6)[:, None], "ready")
"""


def test_each_call_takes_the_next_rows_and_only_whole_batches(monkeypatch):
    seen = []
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=count().__next__))  # a second later at each look
    took = timing.microseconds_a_text(
        lambda rows: seen.append(rows.tolist()), np.arange(5, dtype=np.int32)[:, None], batch=2, seconds=3
    )
    assert seen == [[[0], [1]], [[0], [1]], [[2], [3]], [[0], [1]]]  # the first is to warm up
    assert took == 500_000


def test_a_timed_process_writes_its_answers_and_measures_on_request(tmp_path):
    command = [sys.executable, "-c", TIMED, str(tmp_path)]
    with timer(command, env=environment({})) as process:
        assert process.fact == "ready"
        assert np.load(tmp_path / "slow.npy").tolist() == [[0], [2], [4], [6], [8], [10]]
        slow, quick = (process.measure(name, 2, 0.2) for name in ("slow", "quick"))
    assert slow >= 1000 > quick


def test_a_timed_process_that_ends_is_noticed():
    with pytest.raises(RuntimeError, match="ended"), timer([sys.executable, "-c", ""]):
        pass
