import itertools
import sys
import threading

import pytest

from app.turns import REST_S, TURN_S, in_turns


@pytest.fixture
def rests(monkeypatch):
    """The naps that were taken; a clock that goes on by a turn whenever it is asked."""
    taken: list[float] = []
    clock = itertools.count(0, TURN_S)
    monkeypatch.setattr("app.turns.time.perf_counter", lambda: next(clock))
    monkeypatch.setattr("app.turns.time.sleep", taken.append)
    return taken


def work():
    for _ in range(20):
        len(())


def test_it_rests_while_requests_come(rests):
    count = itertools.count()
    with in_turns(lambda: next(count)):
        work()
    assert len(rests) >= 20
    assert set(rests) == {REST_S}


def test_it_does_not_where_none_come(rests):
    with in_turns(lambda: 7):
        work()
    assert rests == []


def test_it_goes_on_without_rest_once_requests_have_stopped(rests):
    counts = iter([0, 1])
    with in_turns(lambda: next(counts, 1)):
        work()
        rested = len(rests)
        for _ in range(20):
            work()
    assert 0 < rested <= len(rests) < 200


def test_it_rests_only_so_long_in_all(rests, monkeypatch):
    monkeypatch.setattr("app.turns.LONGEST_REST_S", 5 * TURN_S)
    count = itertools.count()
    with in_turns(lambda: next(count)):
        work()
        assert sys.getprofile() is None
    assert rests == [REST_S] * 5


def test_other_threads_do_not_rest(rests):
    count = itertools.count()
    with in_turns(lambda: next(count)):
        thread = threading.Thread(target=work)
        found: list[object] = []
        other = threading.Thread(target=lambda: found.append(sys.getprofile()))
        for each in (thread, other):
            each.start()
            each.join()
    assert found == [None]


def test_an_error_ends_the_turns_as_well():
    with pytest.raises(ZeroDivisionError), in_turns(lambda: 0):
        _ = 1 / 0
    assert sys.getprofile() is None
