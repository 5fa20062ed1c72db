import asyncio
import json

import pytest

from app.audience import Audience
from app.exchange import ROUTE
from app.exchange_middleware import ExchangeMiddleware
from app.logs.access import AccessLog
from app.logs.writer import LineWriter

TRACEPARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Lines(LineWriter):
    def __init__(self):
        super().__init__(-1)
        self.lines = []

    def put(self, said):
        self.lines.append(self.render(said))


async def answer(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"12345", "more_body": True})
    await send({"type": "http.response.body", "body": b"678"})


async def leave(scope, receive, send):
    return


async def send(message):
    return


async def receive():
    raise AssertionError


def logged(form, app=answer, headers=(), **scope):
    lines = Lines()
    audience = Audience([AccessLog(lines, form)])
    whole = {"type": "http", "method": "POST", "headers": [*headers], "client": ("10.0.0.1", 5), ROUTE: "/predict"}
    asyncio.run(ExchangeMiddleware(app, audience)({**whole, **scope}, receive, send))
    audience.tell()
    (line,) = lines.lines
    assert line.endswith("\n")
    assert len(line.splitlines()) == 1
    return line


def test_json_has_each_fact_in_a_field():
    said = json.loads(logged("json", headers=[(b"x-request-id", b"abc")]))
    assert said.pop("timestamp").endswith("Z")
    assert 0 < said.pop("duration_ms") < 10_000
    assert said == {
        "level": "INFO",
        "logger": "app.access",
        "message": "POST /predict 200",
        "method": "POST",
        "route": "/predict",
        "status": 200,
        "request_id": "abc",
        "bytes": 8,
        "client": "10.0.0.1",
    }


def test_text_says_the_same():
    line = logged("text", headers=[(b"x-request-id", b"abc")])
    assert "INFO app.access: POST /predict 200 " in line
    assert line.endswith(" ms, 8 bytes, 10.0.0.1 request_id=abc\n")


def test_a_client_that_left_before_the_answer_is_499():
    assert json.loads(logged("json", leave))["status"] == 499


def test_of_a_path_that_no_route_takes_nothing_is_said():
    said = json.loads(logged("json", **{ROUTE: None, "path": "/secret", "raw_path": b"/secret"}))
    assert said["route"] is None
    assert "secret" not in json.dumps(said)


@pytest.mark.parametrize("client", ['"}\n{"forged": "', "\x1b[2J\r\n2026 INFO forged", "ü\ud800"])
@pytest.mark.parametrize("form", ["json", "text"])
def test_a_client_that_a_proxy_makes_up_forges_no_line(form, client):
    line = logged(form, client=(client, 1))
    assert "\x1b" not in line
    if form == "json":
        assert json.loads(line)["client"] == client


def test_without_an_address_there_is_none():
    assert json.loads(logged("json", client=None))["client"] is None
    assert " - request_id" in logged("text", client=None)
