import pytest

from app.statistics import window as windows
from app.statistics.window import MOST_CLASSES, SPANS, WINDOW_CELLS, Window, WindowTotals, added

HOUR = 3600.0


@pytest.fixture
def clock(monkeypatch):
    """Sets the time that windows go by."""

    class Clock:
        now = 1_000_000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(windows, "time", clock)
    return clock


def cells():
    return memoryview(bytearray(8 * WINDOW_CELLS)).cast("d")


def begun(memory, version=1):
    window = Window(memory, HOUR)
    window.begin(version)
    return window


def totals(*memories, version=1, classes=3):
    return added(memories, version, classes, HOUR)


@pytest.mark.usefixtures("clock")
def test_texts_are_counted_by_class_in_all_processes():
    first, second = cells(), cells()
    begun(first).add([(0, 1)], known=3, unknown=1)
    begun(second).add([(2, 2), (0, 1)], known=10, unknown=0)
    assert totals(first, second) == WindowTotals((2, 0, 2), 13, 1)


def test_what_is_older_than_the_window_is_forgotten_a_span_at_a_time(clock):
    memory = cells()
    window = begun(memory)
    for _ in range(SPANS):
        window.add([(1, 1)], 1, 0)
        clock.now += HOUR / SPANS
    # The span that began just now is of the window too, so that the oldest is out of it.
    assert totals(memory).classes == (0, SPANS - 1, 0)
    clock.now += HOUR / 2
    assert totals(memory).classes == (0, SPANS // 2 - 1, 0)
    window.add([(0, 1)], 1, 0)
    assert totals(memory).classes == (1, SPANS // 2 - 1, 0)
    clock.now += 2 * HOUR
    assert totals(memory) == WindowTotals((0, 0, 0), 0, 0)
    window.add([(2, 1)], 1, 0)
    assert totals(memory) == WindowTotals((0, 0, 1), 1, 0)


@pytest.mark.usefixtures("clock")
def test_another_version_begins_with_nothing_and_the_same_one_goes_on():
    memory = cells()
    window = begun(memory)
    window.add([(0, 1)], 1, 0)
    begun(memory).add([(0, 1)], 1, 0)
    assert totals(memory).classes == (2, 0, 0)
    window.begin(2)
    window.add([(1, 1)], 1, 0)
    assert totals(memory, version=2).classes == (0, 1, 0)
    assert totals(memory, version=1).classes == (0, 0, 0)


@pytest.mark.usefixtures("clock")
def test_classes_beyond_the_last_are_counted_as_one():
    memory = cells()
    window = begun(memory)
    window.add([(MOST_CLASSES - 2, 1)], 0, 0)
    window.add([(MOST_CLASSES + 50, 1)], 0, 0)
    window.add([(MOST_CLASSES - 1, 1), (MOST_CLASSES + 1, 1)], 0, 0)
    assert totals(memory, classes=500).classes == (*([0] * (MOST_CLASSES - 2)), 1, 3)
