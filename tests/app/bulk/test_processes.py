"""Real processes: killed where they stand, and measured. The command line itself is in `test_command`."""

import random
import signal
import subprocess
import sys
import time

import pytest

from tests.app.bulk.files import read, rows, write
from tests.app.process import LONGEST_START_S, ROOT, environment

FORMATS = [".csv", ".jsonl", ".parquet"]
MEMORY_GROWTH_KIB = 48 * 1024
"""A row kept in memory takes half a KiB, so that 260,000 of them would need three times as much."""


def start(source, target, seconds, **options):
    """The network takes so many seconds for 128 rows."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.app.bulk.child", source, target, str(seconds)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


def wait(process):
    """(rows that were done before, peak memory in KiB)"""
    said, _ = process.communicate(timeout=LONGEST_START_S)
    assert process.returncode == 0
    return tuple(map(int, said.split()))


def wait_for_a_checkpoint(process, state):
    """Return when `state` has been written anew."""
    before = state.stat().st_mtime_ns if state.exists() else 0
    deadline = time.monotonic() + LONGEST_START_S
    while not state.exists() or state.stat().st_mtime_ns == before:
        assert process.poll() is None, "it ended too early"
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_run_that_was_killed_again_and_again_gives_the_same_output(tmp_path, kind):
    source, target = write(tmp_path / f"in{kind}", rows(60_000)), tmp_path / f"out{kind}"
    assert wait(start(source, tmp_path / f"whole{kind}", 0))[0] == 0
    chance = random.Random(kind)
    for _ in range(4):
        process = start(source, target, 0.02)
        wait_for_a_checkpoint(process, tmp_path / f".out{kind}.bulk" / "state.json")
        time.sleep(chance.uniform(0, 0.3))
        process.kill()
        process.communicate()
        assert not target.exists()
    resumed, _ = wait(start(source, target, 0))
    assert resumed >= 4 * 2000  # a part is 2,048 rows, or somewhat fewer
    if kind == ".parquet":
        assert read(target) == read(tmp_path / f"whole{kind}")
    else:
        assert target.read_bytes() == (tmp_path / f"whole{kind}").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{n}{kind}" for n in ("in", "out", "whole"))


def test_two_runs_at_once_on_one_output_are_one_too_many(tmp_path):
    source, target = write(tmp_path / "in.csv", rows(20_000)), tmp_path / "out.csv"
    first = start(source, target, 0.05)
    try:
        wait_for_a_checkpoint(first, tmp_path / ".out.csv.bulk" / "state.json")
        first.send_signal(signal.SIGSTOP)  # lest it ends before the second one has begun
        second = start(source, target, 0, stderr=subprocess.PIPE)
        _, said = second.communicate(timeout=LONGEST_START_S)
        assert second.returncode == 1
        assert said.splitlines()[-1].endswith(f"OutputError: Another run is writing {target}.")
    finally:
        first.kill()
        first.communicate()
    assert wait(start(source, target, 0))[0] > 0
    assert len(read(target)) == 20_000


@pytest.mark.parametrize("kind", FORMATS)
def test_memory_does_not_grow_with_the_rows(tmp_path, kind):
    few, many = rows(40_000), rows(300_000)
    few_kib = wait(start(write(tmp_path / f"few{kind}", few), tmp_path / f"few-out{kind}", 0))[1]
    many_kib = wait(start(write(tmp_path / f"many{kind}", many), tmp_path / f"many-out{kind}", 0))[1]
    assert many_kib < few_kib + MEMORY_GROWTH_KIB
