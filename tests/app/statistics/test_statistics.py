import math
import os
import signal
import subprocess
import sys

import pytest

from app.statistics import Statistics, shared_memory
from app.statistics.memory import ROW_BYTES
from app.statistics.window import MOST_CLASSES
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
        "predictions": {"by_label": {}, "mean_confidence": None, "words": 0, "unknown_share": None},
        "feedback": {"agrees": 0, "differs": 0, "accuracy": None},
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
    memory = bytearray(3 * ROW_BYTES)
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


def test_predictions_are_counted_by_label_whichever_version_made_them():
    statistics = Statistics()
    statistics.serves(1, ("calm", "storm"))
    statistics.predicted(1, ("calm", "storm"), [1], confidence=0.75, known=3, words=4)
    statistics.predicted(1, ("calm", "storm"), [1, 0, 1], confidence=2.25, known=6, words=6)
    statistics.serves(2, ("storm", "thaw"))
    statistics.predicted(2, ("storm", "thaw"), [0], confidence=0.5, known=1, words=2)
    statistics.predicted(1, ("calm", "storm"), [0], confidence=1.0, known=0, words=0)  # begun before the other came
    assert statistics.totals()["predictions"] == {
        "by_label": {"calm": 2, "storm": 4},
        "mean_confidence": 0.75,
        "words": 12,
        "unknown_share": pytest.approx(2 / 12),
    }
    assert statistics.read().window(2, 2, statistics.window.length_s).classes == (1, 0)


def test_labels_beyond_the_limit_are_counted_as_others():
    statistics = Statistics()
    many = tuple(f"label {number}" for number in range(MOST_CLASSES + 20))
    statistics.serves(1, many)
    for index in range(len(many)):
        statistics.predicted(1, many, [index], confidence=1, known=1, words=1)
    by_label = statistics.totals()["predictions"]["by_label"]
    assert len(by_label) == MOST_CLASSES
    assert by_label["label 0"] == by_label[f"label {MOST_CLASSES - 2}"] == 1
    assert by_label["other"] == 21
    assert sum(by_label.values()) == len(many)


def test_exactly_as_many_labels_as_there_may_be_all_have_their_names():
    statistics = Statistics()
    labels = tuple(map(str, range(MOST_CLASSES)))
    statistics.serves(1, labels)
    assert list(statistics.read().labels()) == list(labels)


def test_feedback_has_its_accuracy():
    statistics = Statistics()
    for agrees in (True, False, True, True):
        statistics.corrected(agrees=agrees)
    assert statistics.totals()["feedback"] == {"agrees": 3, "differs": 1, "accuracy": 0.75}


def test_a_successor_of_a_process_goes_on_with_all_that_was_counted_by_name(shared):
    statistics = Statistics.attached(shared, 1)
    statistics.exchanged("/predict", "POST", 200, 0.5)
    statistics.serves(3, ("calm",))
    statistics.predicted(3, ("calm",), [0], confidence=1, known=1, words=1)
    assert Statistics.attached(shared, 0).read().versions == [3]

    successor = Statistics.attached(shared, 1)
    assert successor.read().versions == []  # it has yet to load it
    successor.exchanged("/predict", "POST", 200, 0.5)
    successor.serves(3, ("calm",))
    successor.predicted(3, ("calm",), [0], confidence=1, known=1, words=1)
    totals = successor.read()
    assert totals.requests() == {("/predict", "POST", "200"): 2}
    assert totals.durations()["/predict"].sum == 1.0
    assert totals.labels() == {"calm": 2}
    assert totals.window(3, 1, successor.window.length_s).classes == (2,)
