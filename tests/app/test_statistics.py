import math
import os
import signal
import subprocess
import sys

import pytest

from app.statistics import Statistics, shared_memory
from tests.app.process import ROOT, environment

COUNTS_THEN_STALLS = """
import sys, time
from app.statistics import Statistics

statistics = Statistics.attached(int(sys.argv[1]), row=1)
for texts in (1, 2, 3, 4):
    statistics.accepted(texts)
statistics.answered(1)
statistics.ran(3, queue_s=0.5, compute_s=0.25)
print("counted", flush=True)
time.sleep(60)
"""


@pytest.fixture
def shared():
    """A file descriptor of memory for two processes."""
    descriptor = shared_memory(2)
    yield descriptor
    os.close(descriptor)


def killed_while_it_counts(descriptor):
    """Let a process of its own count in row 1, then kill it."""
    command = [sys.executable, "-c", COUNTS_THEN_STALLS, str(descriptor)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), pass_fds=[descriptor], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "counted\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL


def test_at_first_there_is_nothing_and_no_mean():
    assert Statistics().totals() == {
        "processes": {"count": 1, "restarts": 0},
        "models": {"swaps": 0, "failed_swaps": 0},
        "requests": {"accepted": 0, "answered": 0, "failed": 0, "cancelled": 0, "waiting": 0, "refused": 0},
        "texts": {"accepted": 0, "answered": 0, "failed": 0, "cancelled": 0, "waiting": 0},
        "batches": {"count": 0, "texts": 0, "by_size": {str(1 << size): 0 for size in range(12)}},
        "queue_s": {"total": 0, "mean_per_text": None},
        "compute_s": {"total": 0, "mean_per_batch": None, "mean_per_text": None},
    }


def test_requests_and_texts_are_counted_by_how_they_end():
    statistics = Statistics()
    for texts in (1, 2, 4, 8):
        statistics.accepted(texts)
    statistics.answered(1)
    statistics.failed(2)
    statistics.cancelled(4)
    statistics.refused()
    totals = statistics.totals()
    assert totals["requests"] == {
        "accepted": 4,
        "answered": 1,
        "failed": 1,
        "cancelled": 1,
        "waiting": 1,
        "refused": 1,
    }
    assert totals["texts"] == {"accepted": 15, "answered": 1, "failed": 2, "cancelled": 4, "waiting": 8}


def test_swaps_are_counted():
    statistics = Statistics()
    statistics.swapped()
    statistics.swapped()
    statistics.swap_failed()
    assert statistics.totals()["models"] == {"swaps": 2, "failed_swaps": 1}


def test_batches_are_counted_by_the_next_power_of_two():
    statistics = Statistics()
    for texts in (1, 2, 3, 4, 5, 32, 33, 2048, 2049, 10_000):
        statistics.ran(texts, queue_s=0, compute_s=0)
    by_size = statistics.totals()["batches"]["by_size"]
    assert {size: count for size, count in by_size.items() if count} == {
        "1": 1,
        "2": 1,
        "4": 2,
        "8": 1,
        "32": 1,
        "64": 1,
        "2048": 3,
    }
    assert sum(by_size.values()) == statistics.totals()["batches"]["count"]


def test_times_have_their_sum_and_their_means():
    statistics = Statistics()
    statistics.ran(1, queue_s=0.5, compute_s=0.25)
    statistics.ran(3, queue_s=1.5, compute_s=0.75)
    totals = statistics.totals()
    assert totals["queue_s"] == {"total": 2.0, "mean_per_text": 0.5}
    assert totals["compute_s"] == {"total": 1.0, "mean_per_batch": 0.5, "mean_per_text": 0.25}


def test_the_totals_are_of_all_processes_whichever_one_is_asked(shared):
    first, second = Statistics.attached(shared, 0), Statistics.attached(shared, 1)
    first.accepted(1)
    second.accepted(20)
    second.answered(20)
    for statistics in (first, second):
        totals = statistics.totals()
        assert totals["texts"] == {"accepted": 21, "answered": 20, "failed": 0, "cancelled": 0, "waiting": 1}
        assert totals["processes"] == {"count": 2, "restarts": 0}


def test_each_process_knows_the_fewest_connections_of_the_others_that_take_any():
    memory = bytearray(3 * 256)
    first, second, third = (Statistics(memory, row) for row in range(3))
    assert first.fewest_elsewhere(10) == math.inf
    second.connected(5)
    third.connected(0)
    assert (first.fewest_elsewhere(10), second.fewest_elsewhere(10), third.fewest_elsewhere(10)) == (0, 0, 5)
    assert first.fewest_elsewhere(silence_s=0) == math.inf
    Statistics(memory, 2)
    assert first.fewest_elsewhere(10) == 5
    assert Statistics().fewest_elsewhere(10) == math.inf


def test_a_process_that_is_killed_leaves_its_counts_and_its_successor_calls_what_waited_failed(shared):
    neighbour = Statistics.attached(shared, 0)
    neighbour.accepted(100)
    killed_while_it_counts(shared)
    assert neighbour.totals()["texts"] == {
        "accepted": 110,
        "answered": 1,
        "failed": 0,
        "cancelled": 0,
        "waiting": 109,
    }

    successor = Statistics.attached(shared, 1)
    totals = successor.totals()
    assert totals["texts"] == {"accepted": 110, "answered": 1, "failed": 9, "cancelled": 0, "waiting": 100}
    assert totals["requests"]["waiting"] == 1
    assert totals["requests"]["failed"] == 3
    assert totals["batches"]["count"] == 1
    assert totals["processes"] == {"count": 2, "restarts": 1}

    successor.accepted(1)
    successor.answered(1)
    assert neighbour.totals()["texts"]["answered"] == 2
