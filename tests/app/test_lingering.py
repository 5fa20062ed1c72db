import asyncio

import pytest

from app import lingering
from app.lingering import LingeringMiddleware

LENGTH = (b"content-length", b"9")


async def answer_early(scope, receive, send):
    await send({"type": "http.response.start", "status": 413, "headers": [LENGTH]})
    await send({"type": "http.response.body", "body": b"too large"})


async def read_then_answer(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await answer_early(scope, receive, send)


def exchange(app, chunks, headers=((b"transfer-encoding", b"chunked"),)):
    """What is sent, in order with how many of `chunks` were read by then; after the last one, silence."""
    left, log = list(chunks), []

    async def receive():
        if not left:
            await asyncio.sleep(3600)
        message = left.pop(0)
        return {"type": "http.request", "body": message, "more_body": bool(left)} if message is not None else DISCONNECT

    async def send(message):
        log.append((message, len(left)))

    scope = {"type": "http", "headers": list(headers)}
    asyncio.run(LingeringMiddleware(app)(scope, receive, send))
    return log


DISCONNECT = {"type": "http.disconnect"}


def test_an_early_answer_goes_out_at_once_and_ends_once_the_body_has_come():
    (start, at_start), (body, at_body), (end, at_end) = exchange(answer_early, [b"a", b"b", b"c"])
    assert (b"connection", b"close") in start["headers"]
    assert (body["body"], body["more_body"]) == (b"too large", True)
    assert (end["body"], end["more_body"]) == (b"", False)
    assert (at_start, at_body, at_end) == (3, 3, 0)


def test_a_client_that_leaves_ends_the_wait():
    log = exchange(answer_early, [b"a", None, b"never"])
    assert log[-1][1] == 1


@pytest.mark.parametrize(("silence_s", "longest_s"), [(0.01, 60.0), (60.0, 0.01)])
def test_a_client_that_neither_sends_nor_leaves_is_not_waited_for(monkeypatch, silence_s, longest_s):
    monkeypatch.setattr(lingering, "LONGEST_SILENCE_S", silence_s)
    monkeypatch.setattr(lingering, "LONGEST_S", longest_s)

    async def app(scope, receive, send):
        scope["more"] = await receive()
        await answer_early(scope, receive, send)

    async def endless(scope, receive, send):
        await answer_early(scope, receive, send)

    assert exchange(endless, [])[-1][0]["more_body"] is False


@pytest.mark.parametrize(
    ("app", "headers"),
    [
        (read_then_answer, [(b"transfer-encoding", b"chunked")]),
        (read_then_answer, [(b"content-length", b"3")]),
        (answer_early, []),
        (answer_early, [(b"content-length", b"0")]),
    ],
)
def test_an_answer_to_a_request_that_was_read_or_has_no_body_is_left_alone(app, headers):
    (start, _), (body, _) = exchange(app, [b"abc"], headers)
    assert start["headers"] == [LENGTH]
    assert body == {"type": "http.response.body", "body": b"too large"}


@pytest.mark.parametrize("read", [0, 1, 2])
def test_an_answer_without_a_length_may_begin_early_and_keep_the_connection_but_still_waits_for_the_body(read):
    async def stream(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(read):
            await receive()
            await send({"type": "http.response.body", "body": b"line", "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    log = exchange(stream, [b"a", b"b"])
    assert log[0] == ({"type": "http.response.start", "status": 200, "headers": []}, 2)
    assert [left for message, left in log if message.get("body")] == [1, 0][:read]
    assert log[-1] == ({"type": "http.response.body", "body": b""} | ({"more_body": False} if read < 2 else {}), 0)
