"""Admission: who is let in, who is refused, who waits, and that no room is ever lost."""

import asyncio
import random

import pytest

from app.admission import Admission
from app.errors import QueueFullError
from app.statistics import Statistics


def admission_of(limit):
    return Admission(limit, Statistics())


async def settle():
    """Let every task that can go on do so."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_room_is_held_until_it_is_given_back():
    admission = admission_of(3)
    admission.take(2)
    admission.take(1)
    assert admission.taken == 3
    admission.release(2)
    assert admission.taken == 1
    admission.take(2)


def test_texts_that_do_not_fit_are_refused_whole_with_what_waits_and_the_limit():
    admission = admission_of(3)
    admission.take(2)
    with pytest.raises(QueueFullError, match=r"^2 texts are waiting and the limit is 3 \(TERCET_QUEUE_LIMIT\)\. Try "):
        admission.take(2)
    assert admission.taken == 2


def test_a_check_refuses_only_where_no_text_at_all_would_fit():
    admission = admission_of(2)
    admission.take(1)
    admission.check()
    admission.take(1)
    with pytest.raises(QueueFullError, match="2 texts are waiting"):
        admission.check()
    assert admission.taken == 2


def test_each_refusal_is_counted():
    statistics = Statistics()
    admission = Admission(1, statistics)
    admission.take(1)
    for refused in (admission.check, lambda: admission.take(1), lambda: admission.take(5)):
        with pytest.raises(QueueFullError):
            refused()
    assert statistics.totals()["requests"]["refused"] == 3


def test_those_who_wait_leave_half_of_the_room_to_those_who_do_not():
    async def main():
        admission = admission_of(10)
        await admission.wait(5)
        waiting = asyncio.ensure_future(admission.wait(1))
        await settle()
        assert not waiting.done()
        admission.take(5)
        admission.release(5)
        await settle()
        assert not waiting.done()
        admission.release(1)
        await waiting
        assert admission.taken == 5

    asyncio.run(main())


def test_more_than_half_of_the_limit_waits_until_all_the_room_is_free():
    async def main():
        admission = admission_of(4)
        admission.take(1)
        waiting = asyncio.ensure_future(admission.wait(4))
        await settle()
        assert not waiting.done()
        admission.release(1)
        await waiting
        assert admission.taken == 4

    asyncio.run(main())


def test_one_release_lets_in_as_many_as_fit():
    async def main():
        admission = admission_of(8)
        admission.take(4)
        waiting = [asyncio.ensure_future(admission.wait(1)) for _ in range(6)]
        await settle()
        admission.release(4)
        await settle()
        assert admission.taken == 4
        assert sum(waiter.done() for waiter in waiting) == 4
        admission.release(4)
        await settle()
        assert all(waiter.done() for waiter in waiting)
        assert admission.taken == 2

    asyncio.run(main())


@pytest.mark.parametrize("woken", [False, True], ids=["asleep", "already woken"])
def test_a_waiter_that_leaves_holds_nothing_and_the_next_one_gets_the_room(woken):
    async def main():
        admission = admission_of(2)
        admission.take(1)
        leaving, staying = (asyncio.ensure_future(admission.wait(1)) for _ in range(2))
        await settle()
        if woken:
            admission.release(1)
            leaving.cancel()
        else:
            leaving.cancel()
            await settle()
            admission.release(1)
        await staying
        assert leaving.cancelled()
        assert admission.taken == 1

    asyncio.run(main())


class Crowd:
    """Callers of any size that come, wait, leave and give back at random."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.limit = self.chance.randint(1, 12)
        self.admission = admission_of(self.limit)
        self.held: list[int] = []
        self.waiting: list[asyncio.Future[None]] = []

    def act(self):
        self.chance.choice([self.take, self.wait, self.wait, self.give_back, self.give_back, self.leave])()

    def take(self):
        texts = self.chance.randint(1, self.limit)
        if self.admission.taken + texts > self.limit:
            with pytest.raises(QueueFullError):
                self.admission.take(texts)
        else:
            self.admission.take(texts)
            self.held.append(texts)

    def wait(self):
        async def wait(texts):
            await self.admission.wait(texts)
            self.held.append(texts)

        self.waiting.append(asyncio.ensure_future(wait(self.chance.randint(1, self.limit))))

    def give_back(self):
        if self.held:
            self.admission.release(self.held.pop(self.chance.randrange(len(self.held))))

    def leave(self):
        if self.waiting:
            self.chance.choice(self.waiting).cancel()

    async def run(self):
        for _ in range(self.chance.randint(1, 40)):
            self.act()
            if self.chance.random() < 0.4:
                await asyncio.sleep(0)
            assert self.admission.taken == sum(self.held) <= self.limit
        async with asyncio.timeout(10):
            while self.held or not all(waiter.done() for waiter in self.waiting):
                self.give_back()
                await asyncio.sleep(0)
        assert self.admission.taken == 0


@pytest.mark.parametrize("block", range(5))
def test_whatever_the_order_all_who_wait_are_let_in_and_no_room_is_lost(block):
    for seed in range(block * 400, (block + 1) * 400):
        asyncio.run(Crowd(seed).run())
