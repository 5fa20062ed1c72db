import asyncio
import logging

import pytest

from app.audience import Audience
from app.exchange import Work, traced
from app.exchange_middleware import ExchangeMiddleware
from app.logs.context import bound
from app.stages import Stages
from app.tracing.context import below, parse
from tests.app.fakes import running

HEADER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Tracer:
    def __init__(self, sampled=True):
        self.sampled, self.begun, self.exchanges = sampled, [], []

    def begin(self, parent, state):
        self.begun.append((parent, state))
        return below(parse(parent, state), sampled=self.sampled)

    def ended(self, exchange):
        self.exchanges.append(exchange)


async def receive():
    raise AssertionError


def call(app, tracer=None, headers=(), kind="http"):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "method": "GET", "headers": [*headers]}
    asyncio.run(ExchangeMiddleware(app, Audience(), tracer)(scope, receive, send))
    return sent


async def answer(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"12345"})


def test_the_caller_learns_its_place_in_the_trace():
    tracer = Tracer()
    start, _ = call(answer, tracer, [(b"traceparent", HEADER.encode()), (b"tracestate", b"a=1")])
    assert tracer.begun == [(HEADER.encode(), b"a=1")]
    (exchange,) = tracer.exchanges
    place = dict(start["headers"])[b"traceresponse"].decode()
    assert place == f"00-4bf92f3577b34da6a3ce929d0e0e4736-{exchange.trace.span_id}-01"
    assert (exchange.status, exchange.bytes_sent) == (200, 5)
    assert exchange.began < exchange.answered


def test_two_places_are_none_and_states_are_joined():
    tracer = Tracer()
    call(answer, tracer, [(b"traceparent", HEADER.encode())] * 2 + [(b"tracestate", b"a=1"), (b"tracestate", b"b=2")])
    assert tracer.begun == [(b"", b"a=1,b=2")]


def test_without_traces_nothing_is_said_of_them():
    start, _ = call(answer, None, [(b"traceparent", HEADER.encode())])
    assert [name for name, _ in start["headers"]] == [b"x-request-id"]


def test_a_request_that_fails_has_ended_too():
    async def fail(scope, receive, send):
        raise asyncio.CancelledError

    tracer = Tracer()
    with pytest.raises(asyncio.CancelledError):
        call(fail, tracer)
    assert [exchange.answered for exchange in tracer.exchanges] == [None]


def test_the_task_that_handles_it_and_those_it_starts_know_whose_they_are():
    found = []

    async def look(scope, receive, send):
        await asyncio.gather(asyncio.to_thread(lambda: found.append(bound.get())), asyncio.sleep(0))
        found.append(traced())

    tracer = Tracer()
    call(look, tracer)
    assert found == tracer.exchanges * 2


def test_nobody_records_the_work_of_one_that_is_not_sampled():
    found = []

    async def look(scope, receive, send):
        found.append(traced())

    call(look, Tracer(sampled=False))
    assert found == [None]


def test_of_an_endless_stream_the_first_parts_are_kept_and_all_texts_counted():
    work = Work("m", 1)
    for _ in range(100):
        work.add(Stages(0, 1, 2, 3, texts=7, batch=9))
    assert work.texts == 700
    assert len(work.stages) == 32


def test_anything_but_http_is_let_through():
    async def lifespan(scope, receive, send):
        assert scope["type"] == "lifespan"

    assert call(lifespan, kind="lifespan") == []


def texts_logged(caplog, **values):
    caplog.set_level(logging.DEBUG)

    async def main():
        async with running(**values) as (_, client):
            for path in ("/predict", "/explain"):
                assert (await client.post(path, json={"text": "one secret"})).status_code == 200
            lines = b'{"text": "two secret"}\n'
            assert (await client.post("/predict/stream", content=lines)).status_code == 200

    asyncio.run(main())
    return [record.fields["texts"] for record in caplog.records if record.name == "app.logs.texts"]


def test_texts_are_logged_where_the_setting_says_so(caplog):
    assert texts_logged(caplog, log_texts=True) == [["one secret"], ["one secret"], ["two secret"]]


def test_they_are_not_otherwise(caplog):
    assert texts_logged(caplog) == []
    assert "secret" not in caplog.text
