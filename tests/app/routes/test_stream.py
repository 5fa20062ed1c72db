import asyncio

import pytest

from tests.app.fakes import running

PATH = "/predict/stream"


def test_the_answer_to_a_line_is_to_the_byte_that_of_predict():
    lines = [b'{"text": "three unknown"}', b'{"text": "one"}']

    async def main():
        async with running() as (_, client):
            alone = [(await client.post("/predict", content=line)).content for line in lines]
            return alone, await client.post(PATH, content=b"\n".join(lines))

    alone, streamed = asyncio.run(main())
    assert streamed.status_code == 200
    assert streamed.headers["content-type"] == "application/x-ndjson"
    assert streamed.content == b"".join(line + b"\n" for line in alone)


@pytest.mark.parametrize("line", [b"[", b'{"text": ""}', b'{"text": "' + b"x" * 50 + b'"}', b'{"text": 1}'])
def test_the_error_of_a_line_has_the_members_of_the_problem_of_predict(line):
    async def main():
        async with running(max_text_characters=20) as (_, client):
            return await client.post("/predict", content=line), await client.post(PATH, content=b"\n" + line)

    alone, streamed = asyncio.run(main())
    problem = alone.json()
    problem["detail"] = problem["detail"].replace("The body", "The line")
    assert streamed.json() == {"error": problem | {"line": 2}}


def test_a_stream_without_lines_is_answered_by_none():
    async def main():
        async with running() as (_, client):
            return await client.post(PATH)

    response = asyncio.run(main())
    assert (response.status_code, response.content) == (200, b"")


def test_a_service_that_shuts_down_takes_no_stream():
    async def main():
        async with running() as (service, client):
            service.drain()
            return await client.post(PATH, content=b'{"text": "one"}')

    response = asyncio.run(main())
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert response.headers["content-type"] == "application/problem+json"


def test_without_a_model_a_stream_is_refused_with_the_reason():
    def load(_):
        raise OSError("no model here")

    async def main():
        async with running(load) as (_, client):
            return await client.post(PATH, content=b'{"text": "one"}')

    response = asyncio.run(main())
    assert response.status_code == 503
    assert "no model here" in response.json()["detail"]


def test_another_method_is_refused():
    async def main():
        async with running() as (_, client):
            return await client.get(PATH)

    assert asyncio.run(main()).status_code == 405
