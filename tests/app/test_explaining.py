import asyncio
import threading

import pytest

from app.admission import Admission
from app.errors import NotReadyError, QueueFullError
from app.explaining import ROOM, Explaining
from app.model_host import ModelHost
from app.statistics import Statistics
from tests.app.fakes import fake_serving


class Desk:
    """An `Explaining` and what it was made of."""

    def __init__(self, limit=100, model=True):
        self.statistics, self.models = Statistics(), ModelHost()
        self.serving = fake_serving()
        if model:
            self.models.take(self.serving)
        self.admission = Admission(limit, self.statistics)
        self.explaining = Explaining(self.models, self.admission, self.statistics)

    def ends(self):
        return {name: value for name, value in self.statistics.totals()["requests"].items() if value}


def test_a_call_gets_the_model_that_serves_in_a_thread_of_its_own():
    desk = Desk()

    async def main():
        return await desk.explaining.run(lambda serving: (serving, threading.current_thread().name))

    assert asyncio.run(main()) == (desk.serving, "explaining")
    assert desk.ends() == {"accepted": 1, "answered": 1}
    assert desk.statistics.totals()["texts"]["answered"] == 1
    assert desk.admission.taken == 0


@pytest.mark.parametrize(("limit", "room"), [(100, ROOM), (ROOM, ROOM), (5, 5)])
def test_it_takes_the_room_of_many_texts_at_most_all_there_is(limit, room):
    desk = Desk(limit)

    async def main():
        return await desk.explaining.run(lambda _: (desk.admission.taken, desk.explaining.busy_s() > 0))

    assert asyncio.run(main()) == (room, True)
    assert desk.explaining.busy_s() == 0


def test_where_there_is_no_room_it_is_refused_and_nothing_runs():
    desk = Desk(limit=ROOM)

    async def main():
        desk.admission.take(1)
        desk.explaining.check_room()
        with pytest.raises(QueueFullError, match="1 texts are waiting"):
            await desk.explaining.run(lambda _: pytest.fail("it ran"))
        desk.admission.take(ROOM - 1)
        with pytest.raises(QueueFullError):
            desk.explaining.check_room()

    asyncio.run(main())
    assert desk.ends() == {"refused": 2}
    assert desk.admission.taken == ROOM


def test_without_a_model_it_takes_no_room():
    desk = Desk(model=False)
    with pytest.raises(NotReadyError):
        asyncio.run(desk.explaining.run(lambda _: None))
    assert (desk.ends(), desk.admission.taken) == ({}, 0)


def test_a_call_that_fails_gives_its_room_back_and_is_counted():
    desk = Desk()
    with pytest.raises(ZeroDivisionError):
        asyncio.run(desk.explaining.run(lambda _: 1 / 0))
    assert desk.ends() == {"accepted": 1, "failed": 1}
    assert desk.admission.taken == 0


def test_a_caller_that_leaves_gives_its_room_back_and_is_counted():
    desk, gate = Desk(), threading.Event()

    async def main():
        first = asyncio.create_task(desk.explaining.run(lambda _: gate.wait(10)))
        second = asyncio.create_task(desk.explaining.run(lambda _: pytest.fail("it ran")))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert desk.admission.taken == ROOM
        gate.set()
        return await first

    assert asyncio.run(main()) is True
    assert desk.ends() == {"accepted": 2, "answered": 1, "cancelled": 1}
