import asyncio

from app.audience import TOLD_WITHIN_S, Audience
from app.exchange import Exchange


class Ear:
    def __init__(self):
        self.heard = []

    def ended(self, exchange):
        self.heard.append(exchange.request_id)


def exchange(number):
    return Exchange({"type": "http"}, str(number))


def test_one_that_comes_alone_is_told_of_soon():
    ear = Ear()

    async def run():
        Audience([ear]).add(exchange(1))
        assert ear.heard == []
        await asyncio.sleep(2 * TOLD_WITHIN_S)

    asyncio.run(run())
    assert ear.heard == ["1"]


def test_many_are_told_of_at_a_stretch_and_in_order():
    ears = [Ear(), Ear()]

    async def run():
        audience = Audience(ears)
        for number in range(130):
            audience.add(exchange(number))
        assert [len(ear.heard) for ear in ears] == [128, 128]
        audience.tell()

    asyncio.run(run())
    assert [ear.heard for ear in ears] == [[str(number) for number in range(130)]] * 2


def test_whoever_reads_the_figures_can_have_them_told_before():
    ear = Ear()

    async def run():
        audience = Audience([ear])
        audience.add(exchange(1))
        audience.tell()
        assert ear.heard == ["1"]
        await asyncio.sleep(2 * TOLD_WITHIN_S)

    asyncio.run(run())
    assert ear.heard == ["1"]
