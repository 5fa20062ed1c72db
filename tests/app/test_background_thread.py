import asyncio
import threading
from functools import partial

import pytest

from app.background_thread import BackgroundThread


def hold(started, gate):
    started.set()
    return gate.wait(10)


def test_calls_run_one_after_another_in_one_thread_of_that_name():
    async def main():
        thread = BackgroundThread("worker")
        return await asyncio.gather(*(thread.run(lambda: threading.current_thread().name) for _ in range(5)))

    assert asyncio.run(main()) == ["worker"] * 5


def test_what_a_call_raises_reaches_its_caller_and_the_thread_lives_on():
    async def main():
        thread = BackgroundThread("worker")
        with pytest.raises(ZeroDivisionError):
            await thread.run(lambda: 1 / 0)
        with pytest.raises(SystemExit):
            await thread.run(exit_the_interpreter)
        assert await thread.run(lambda: "still here") == "still here"

    def exit_the_interpreter():
        raise SystemExit

    asyncio.run(main())


def test_a_call_cancelled_before_its_turn_never_runs_and_its_neighbours_do():
    ran: list[int] = []

    async def main():
        thread = BackgroundThread("worker")
        gate = threading.Event()
        first = asyncio.ensure_future(thread.run(lambda: gate.wait(10)))
        second, third = (asyncio.ensure_future(thread.run(partial(ran.append, n))) for n in (2, 3))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        gate.set()
        assert await first
        await third

    asyncio.run(main())
    assert ran == [3]


def test_a_caller_that_leaves_during_its_call_hurts_nobody():
    async def main():
        thread = BackgroundThread("worker")
        started, gate = threading.Event(), threading.Event()
        leaving = asyncio.ensure_future(thread.run(partial(hold, started, gate)))
        await asyncio.to_thread(started.wait, 10)
        leaving.cancel()
        staying = asyncio.ensure_future(thread.run(lambda: "answered"))
        await asyncio.sleep(0)
        gate.set()
        assert await staying == "answered"

    asyncio.run(main())


def test_it_says_how_long_it_has_been_busy():
    async def main():
        thread = BackgroundThread("worker")
        assert thread.busy_s() == 0
        started, gate = threading.Event(), threading.Event()
        call = asyncio.ensure_future(thread.run(partial(hold, started, gate)))
        await asyncio.to_thread(started.wait, 10)
        await asyncio.sleep(0.01)
        assert thread.busy_s() >= 0.009
        gate.set()
        await call
        await thread.run(lambda: None)

    asyncio.run(main())
