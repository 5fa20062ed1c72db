"""The batcher on a fake network: what shares a run, who is touched by a failure, and what is counted."""

import asyncio
import gc
import threading
import time
import weakref
from typing import ClassVar

import numpy as np
import pytest

from app.batcher import Batcher
from app.statistics import Statistics
from tests.app.fakes import LENGTH, FakeEngine, SteppedEngine, fake_serving

MANY = 100
"""Runs that a stepped engine may finish when nothing needs to be held up any more."""


def play(scene):
    """Run it to its end, which a lost answer would keep from coming."""
    return asyncio.run(asyncio.wait_for(scene, 30))


def ids(*numbers):
    return np.repeat(np.array(numbers, np.int32)[:, None], LENGTH, axis=1)  # (numbers, length)


def rows(*numbers):
    """What the fake network answers for `ids(*numbers)`."""
    return [[1 / np.float32(1 + n), np.float32(n) / np.float32(1 + n)] for n in numbers]


class Bench:
    """A batcher with a stepped engine behind it."""

    made: ClassVar[list["Bench"]] = []

    def __init__(self, engine=None):
        self.engine = engine or SteppedEngine()
        self.serving = fake_serving(self.engine)
        self.statistics = Statistics()
        self.batcher = Batcher(self.statistics)
        Bench.made.append(self)

    def submit(self, *numbers, serving=None):
        """A caller with a row for each of `numbers`."""
        return asyncio.ensure_future(self.probabilities(serving or self.serving, ids(*numbers)))

    async def probabilities(self, serving, given):
        return (await self.batcher.run(serving, given)).probabilities

    async def hold(self, *numbers):
        """A caller whose rows are inside the network."""
        answer = self.submit(*numbers)
        await self.engine.entered()
        return answer

    def thread(self):
        (thread,) = [thread for thread in threading.enumerate() if thread is self.batcher._thread]
        return thread


@pytest.fixture(autouse=True)
def _threads_end():
    yield
    while Bench.made:
        Bench.made.pop().batcher.stop()


async def handed_over():
    """Return once every caller created so far has given its rows to the batcher, and that to its thread."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def test_what_gathers_during_a_run_shares_the_next_one_and_each_gets_its_own_rows():
    bench = Bench()

    async def main():
        first = await bench.hold(1)
        others = [bench.submit(2), bench.submit(3, 4), bench.submit(5)]
        await handed_over()
        bench.engine.go_on(2)
        assert (await first).tolist() == rows(1)
        assert [(await other).tolist() for other in others] == [rows(2), rows(3, 4), rows(5)]

    play(main())
    assert bench.engine.batches == [1, 4]


class SlowEngine(FakeEngine):
    def probabilities(self, ids):
        time.sleep(0.02)
        return super().probabilities(ids)


def test_a_lone_caller_waits_for_nobody():
    bench = Bench(SlowEngine())
    sooner = []

    async def main():
        for number in range(10):
            before = bench.statistics.totals()
            assert (await bench.submit(number)).tolist() == rows(number)
            after = bench.statistics.totals()
            waited, computed = (after[name]["total"] - before[name]["total"] for name in ("queue_s", "compute_s"))
            sooner.append(waited < computed)

    play(main())
    assert bench.engine.batches == [1] * 10
    assert any(sooner)  # a busy machine may let one wait; a batcher that waits for more lets all


def test_a_caller_cancelled_before_its_turn_never_runs_and_its_mates_do():
    bench = Bench()

    async def main():
        await bench.hold(1)
        second, third, fourth = bench.submit(2), bench.submit(3, 3), bench.submit(4)
        await handed_over()
        third.cancel()
        await handed_over()
        bench.engine.go_on(2)
        assert (await second).tolist() == rows(2)
        assert (await fourth).tolist() == rows(4)
        with pytest.raises(asyncio.CancelledError):
            await third

    play(main())
    assert bench.engine.batches == [1, 2]


def test_where_all_were_cancelled_before_their_turn_nothing_runs():
    bench = Bench()

    async def main():
        await bench.hold(1)
        gone = [bench.submit(2), bench.submit(3)]
        await handed_over()
        for caller in gone:
            caller.cancel()
        await handed_over()
        bench.engine.go_on(MANY)
        await bench.submit(4)

    play(main())
    assert bench.engine.batches == [1, 1]


def test_a_caller_that_leaves_during_the_run_leaves_its_mates_alone():
    bench = Bench()

    async def main():
        await bench.hold(1)
        second, third, fourth = bench.submit(2), bench.submit(3), bench.submit(4)
        await handed_over()
        bench.engine.go_on()
        await bench.engine.entered()
        third.cancel()
        bench.engine.go_on()
        assert (await second).tolist() == rows(2)
        assert (await fourth).tolist() == rows(4)
        assert third.cancelled()

    play(main())
    assert bench.engine.batches == [1, 3]


def test_rows_on_which_the_network_fails_fail_alone():
    bench = Bench()
    bench.engine.error, bench.engine.poison = ValueError("no such word"), 3

    async def main():
        await bench.hold(1)
        second, third, fourth = bench.submit(2), bench.submit(3), bench.submit(4, 5)
        await handed_over()
        bench.engine.go_on(MANY)
        assert (await second).tolist() == rows(2)
        assert (await fourth).tolist() == rows(4, 5)
        with pytest.raises(RuntimeError, match=r"^The network failed \(ValueError: no such word\)\.$") as caught:
            await third
        assert caught.value.__cause__ is bench.engine.error

    play(main())
    assert bench.engine.batches == [1, 4, 1, 1, 2]


def test_a_caller_that_leaves_before_its_rows_are_run_alone_is_not_run():
    bench = Bench()
    bench.engine.error, bench.engine.poison = ValueError("no such word"), 2

    async def main():
        await bench.hold(1)
        second, third = bench.submit(2), bench.submit(3, 3)
        await handed_over()
        bench.engine.go_on(2)
        await bench.engine.entered()
        await bench.engine.entered()
        third.cancel()
        await handed_over()
        bench.engine.go_on(MANY)
        await asyncio.wait([second, third])
        assert isinstance(second.exception(), RuntimeError)
        await bench.submit(4)

    play(main())
    assert bench.engine.batches == [1, 3, 1, 1]


def test_no_two_callers_share_an_error():
    bench = Bench()
    bench.engine.error = ValueError("broken")

    async def main():
        callers = [await bench.hold(1), bench.submit(2), bench.submit(3)]
        await handed_over()
        bench.engine.go_on(MANY)
        return await asyncio.gather(*callers, return_exceptions=True)

    failures = play(main())
    assert len({id(failure) for failure in failures}) == 3


@pytest.mark.parametrize("error", [StopIteration(), SystemExit(1), KeyboardInterrupt(), MemoryError(), GeneratorExit()])
def test_whatever_the_network_raises_reaches_the_caller_as_a_runtime_error_and_the_thread_lives_on(error):
    bench = Bench(FakeEngine())

    async def main():
        bench.engine.error = error
        with pytest.raises(RuntimeError, match=type(error).__name__):
            await bench.submit(1)
        bench.engine.error = None
        assert (await bench.submit(2)).tolist() == rows(2)

    play(main())
    assert bench.batcher.alive()


class NotedEngine(FakeEngine):
    """Notes into a list that it shares with others who ran how many rows."""

    def __init__(self, version, order):
        super().__init__()
        self._version, self._order = version, order

    def probabilities(self, ids):
        self._order.append((self._version, len(ids)))
        return super().probabilities(ids)


def test_rows_for_two_models_never_share_a_run_and_keep_their_order():
    bench = Bench()
    order: list[tuple[int, int]] = []
    first, other = (fake_serving(NotedEngine(version, order), version) for version in (7, 8))

    async def main():
        callers = [await bench.hold(1)]
        servings = (first, first, other, other, first)
        callers += [bench.submit(number, serving=serving) for number, serving in enumerate(servings, start=2)]
        await handed_over()
        bench.engine.go_on()
        assert [(await caller).tolist() for caller in callers] == [rows(n) for n in range(1, 7)]

    play(main())
    assert order == [(7, 2), (8, 2), (7, 1)]


def test_rows_beyond_the_best_batch_wait_for_the_next_run_and_begin_it():
    bench = Bench()
    bench.engine.best_batch = 8

    async def main():
        callers = [await bench.hold(1)]
        callers += [bench.submit(*[number] * size) for number, size in ((2, 5), (3, 3), (4, 6), (5, 4), (6, 4), (7, 1))]
        await handed_over()
        bench.engine.go_on(MANY)
        answers = [await caller for caller in callers]
        assert [answer[0].tolist() for answer in answers] == rows(*range(1, 8))
        assert [len(answer) for answer in answers] == [1, 5, 3, 6, 4, 4, 1]

    play(main())
    assert bench.engine.batches == [1, 8, 6, 8, 1]


def test_one_caller_with_more_rows_than_the_best_batch_runs_alone_and_whole():
    bench = Bench()
    bench.engine.best_batch = 4

    async def main():
        await bench.hold(1)
        large, small = bench.submit(*range(9)), bench.submit(10)
        await handed_over()
        bench.engine.go_on(MANY)
        assert (await large).tolist() == rows(*range(9))
        assert (await small).tolist() == rows(10)

    play(main())
    assert bench.engine.batches == [1, 9, 1]


def test_stop_lets_the_thread_finish_what_it_was_given():
    bench = Bench()
    bench.engine.best_batch = 2

    async def main():
        callers = [await bench.hold(1), bench.submit(2), bench.submit(3, 3), bench.submit(4)]
        await handed_over()
        thread = bench.thread()
        bench.batcher.stop()
        assert bench.batcher.alive()
        bench.engine.go_on(MANY)
        assert [(await caller)[0].tolist() for caller in callers] == rows(1, 2, 3, 4)
        await asyncio.to_thread(thread.join, 10)

    play(main())
    assert not bench.batcher.alive()
    assert bench.engine.batches == [1, 1, 2, 1]


def test_who_comes_after_the_thread_has_ended_is_told_so():
    bench = Bench(FakeEngine())

    async def main():
        await bench.submit(1)
        thread = bench.thread()
        bench.batcher.stop()
        await asyncio.to_thread(thread.join, 10)
        with pytest.raises(RuntimeError, match="The inference thread has ended"):
            await bench.submit(2)

    play(main())


def test_to_stop_what_never_began_is_nothing():
    bench = Bench(FakeEngine())
    bench.batcher.stop()

    async def main():
        assert (await bench.submit(1)).tolist() == rows(1)

    play(main())


def test_a_loop_that_closes_during_a_run_makes_no_noise_and_the_next_loop_is_served(caplog):
    bench = Bench()

    async def leave():
        await bench.hold(1)
        bench.submit(2)
        await handed_over()

    async def come():
        caller = bench.submit(3)
        await handed_over()
        bench.engine.go_on(MANY)
        return await caller

    play(leave())
    assert play(come()).tolist() == rows(3)
    assert bench.batcher.alive()
    assert bench.engine.batches == [1, 1]
    assert not caplog.records


def test_it_says_how_long_the_present_run_has_taken():
    bench = Bench()

    async def main():
        assert bench.batcher.alive()
        assert bench.batcher.busy_s() == 0
        caller = await bench.hold(1)
        before = bench.batcher.busy_s()
        await asyncio.sleep(0.01)
        assert bench.batcher.busy_s() >= before + 0.009
        bench.engine.go_on()
        await caller
        assert bench.batcher.busy_s() == 0
        assert bench.batcher.alive()

    play(main())


def test_a_run_that_failed_is_over():
    bench = Bench(FakeEngine())
    bench.engine.error = ValueError("broken")

    async def main():
        await asyncio.wait([bench.submit(1)])

    play(main())
    assert bench.batcher.busy_s() == 0


def test_the_thread_does_not_keep_the_process_from_ending():
    bench = Bench(FakeEngine())

    async def main():
        await bench.submit(1)
        assert bench.thread().daemon

    play(main())
    assert bench.engine.threads == {"inference"}


def test_runs_and_their_rows_are_counted():
    bench = Bench()

    async def main():
        callers = [await bench.hold(1), bench.submit(2), bench.submit(3, 4), bench.submit(5)]
        await handed_over()
        await asyncio.sleep(0.01)
        bench.engine.go_on(2)
        await asyncio.gather(*callers)

    play(main())
    totals = bench.statistics.totals()
    assert (totals["batches"]["count"], totals["batches"]["texts"]) == (2, 5)
    assert {size: count for size, count in totals["batches"]["by_size"].items() if count} == {"1": 1, "4": 1}
    assert totals["queue_s"]["total"] >= 4 * 0.009  # the four texts behind the first
    assert totals["compute_s"]["total"] >= 0.009


def test_the_rows_of_a_caller_do_not_outlive_its_answer():
    bench = Bench(FakeEngine())

    async def main():
        given = ids(1)
        gone = asyncio.Event()
        loop = asyncio.get_running_loop()
        weakref.finalize(given, loop.call_soon_threadsafe, gone.set)
        answer = await bench.probabilities(bench.serving, given)
        del given
        async with asyncio.timeout(10):
            await gone.wait()
        return answer

    gc.disable()  # it is not the collector that frees them
    try:
        assert play(main()).tolist() == rows(1)
    finally:
        gc.enable()


class InlineEngine(FakeEngine):
    inline_rows = 2


def test_a_run_of_few_rows_is_done_on_the_event_loop():
    bench = Bench(InlineEngine())

    async def main():
        callers = [bench.submit(1), bench.submit(2)]
        assert [(await caller).tolist() for caller in callers] == [rows(1), rows(2)]

    play(main())
    assert bench.engine.batches == [2]
    assert bench.engine.threads == {threading.current_thread().name}


def test_more_rows_are_handed_over():
    bench = Bench(InlineEngine())

    async def main():
        callers = [bench.submit(1, 2), bench.submit(3)]
        assert [(await caller).tolist() for caller in callers] == [rows(1, 2), rows(3)]

    play(main())
    assert bench.engine.batches == [3]
    assert bench.engine.threads == {"inference"}


def test_few_rows_of_two_models_are_handed_over():
    order: list[tuple[int, int]] = []
    bench = Bench(NotedEngine(7, order))
    other = fake_serving(NotedEngine(8, order), 8)
    bench.engine.inline_rows = other.engine.inline_rows = 2

    async def main():
        callers = [bench.submit(1), bench.submit(2, serving=other)]
        assert [(await caller).tolist() for caller in callers] == [rows(1), rows(2)]

    play(main())
    assert order == [(7, 1), (8, 1)]
    assert bench.engine.threads == {"inference"}


def test_few_rows_wait_their_turn_where_others_were_first():
    bench = Bench()
    bench.engine.inline_rows = 2

    async def main():
        first = await bench.hold(1, 1, 1)
        second = bench.submit(2)
        await handed_over()
        third = bench.submit(3)
        await handed_over()
        bench.engine.go_on(MANY)
        assert [(await caller)[0].tolist() for caller in (first, second, third)] == rows(1, 2, 3)

    play(main())
    assert bench.engine.batches == [3, 2]
    assert bench.engine.threads == {"inference"}


def test_few_rows_that_fail_or_leave_on_the_event_loop_touch_no_others():
    bench = Bench(InlineEngine())
    bench.engine.inline_rows = 3
    bench.engine.error, bench.engine.poison = SystemExit("no"), 2

    async def main():
        first, second, third, fourth = (bench.submit(number) for number in (1, 2, 3, 4))
        await asyncio.sleep(0)  # each has given its rows, which are run at the end of the next pass
        third.cancel()
        assert (await first).tolist() == rows(1)
        assert (await fourth).tolist() == rows(4)
        with pytest.raises(RuntimeError, match="SystemExit"):
            await second

    play(main())


class MeetingEngine(FakeEngine):
    """On the event loop, lets the thread into its run and ends after it has begun; the thread stays there."""

    inline_rows = 1

    def __init__(self):
        super().__init__()
        self.gathering, self.let_in, self.inside, self.end = (threading.Event() for _ in range(4))

    def probabilities(self, ids):
        if threading.current_thread().name == "inference":
            self.inside.set()
            assert self.end.wait(10)
        else:
            self.let_in.set()
            assert self.inside.wait(10)
        return super().probabilities(ids)


def test_a_run_on_the_event_loop_does_not_hide_that_the_thread_is_stuck(monkeypatch):
    engine = MeetingEngine()
    bench = Bench(engine)
    gather = bench.batcher._gather

    def slow_gather(first):
        engine.gathering.set()
        assert engine.let_in.wait(10)
        return gather(first)

    monkeypatch.setattr(bench.batcher, "_gather", slow_gather)
    monkeypatch.setattr(bench.batcher, "_is_short", lambda parts: len(parts[0].ids) == 1)

    async def main():
        stuck = bench.submit(1, 2)
        await asyncio.to_thread(engine.gathering.wait, 10)
        await bench.submit(3)
        busy_s = bench.batcher.busy_s()
        engine.end.set()
        await stuck
        return busy_s

    assert play(main()) > 0
