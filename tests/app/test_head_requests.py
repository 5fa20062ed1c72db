import asyncio

import pytest
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

from app.head_requests import HeadMiddleware
from tests.app.fakes import running


def both(path, **values):
    async def main():
        async with running(**values) as (_, client):
            return await client.get(path), await client.head(path)

    return asyncio.run(main())


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/model", "/statistics", "/openapi.json", "/"])
def test_head_answers_as_get_does_but_without_a_body(path):
    by_get, by_head = both(path)
    assert by_get.status_code == by_head.status_code == 200
    assert by_head.content == b""
    different = {"x-request-id", "date", "content-length"}
    assert {*by_get.headers.items()} - {*by_head.headers.items()} <= {
        (k, v) for k, v in by_get.headers.items() if k in different
    }


def test_errors_have_no_body_either():
    by_get, by_head = both("/nowhere")
    assert by_get.status_code == by_head.status_code == 404
    assert by_head.content == b""


def test_where_there_is_no_get_head_is_no_method_and_allow_does_not_name_it():
    async def main():
        async with running() as (_, client):
            return await client.head("/predict"), await client.delete("/health/live")

    predict, live = asyncio.run(main())
    assert (predict.status_code, predict.headers["allow"]) == (405, "POST")
    assert (live.status_code, live.headers["allow"]) == (405, "GET, HEAD")


def test_an_answer_without_end_is_ended_after_its_head():
    ended = asyncio.Event()

    async def endless():
        try:
            while True:
                yield b"part"
                await asyncio.sleep(0.001)
        finally:
            ended.set()

    async def endpoint(_):
        return StreamingResponse(endless())

    app = Starlette(routes=[Route("/", endpoint, methods=["GET"])])
    sent = []

    async def main():
        complete = asyncio.Event()

        async def receive():
            await complete.wait()
            return {"type": "http.disconnect"}  # as the server says once an answer is complete

        async def send(message):
            sent.append(message)
            if message["type"] == "http.response.body":
                complete.set()

        scope = {"type": "http", "asgi": {"spec_version": "2.3"}, "method": "HEAD", "path": "/", "headers": []}
        async with asyncio.timeout(10):
            await HeadMiddleware(app, app.routes)(scope, receive, send)
        assert scope["method"] == "HEAD"

    asyncio.run(main())
    assert ended.is_set()
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[1] == {"type": "http.response.body", "body": b"", "more_body": False}


def test_openapi_names_get_alone():
    document, _ = both("/openapi.json")
    assert "head" not in document.json()["paths"]["/health/live"]
