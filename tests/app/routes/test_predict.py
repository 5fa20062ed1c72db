import asyncio
import json
from http import HTTPStatus

import pytest

from app.routes.predict import present
from tests.app.fakes import FakeEngine, fake_serving, running


def post(body, **values):
    async def main():
        async with running(**values) as (_, client):
            return await client.post("/predict", content=body)

    return asyncio.run(main())


def test_one_text_is_answered_as_the_contract_says():
    response = post(b'{"text": "three unknown"}')
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {
        "label": "many",
        "probabilities": {"few": 0.25, "many": 0.75},
        "tokens": {"total": 2, "known": 1, "used": 1, "truncated": False},
        "model": {"name": "fake", "version": 7},
    }


def test_several_texts_are_answered_in_order():
    predictions = post(b'{"texts": ["three", "none known", "one"]}').json()["predictions"]
    assert [p["probabilities"]["few"] for p in predictions] == [0.25, 1.0, 0.5]
    assert [p["tokens"]["known"] for p in predictions] == [1, 0, 1]


def test_a_list_of_one_text_is_answered_by_a_list():
    assert len(post(b'{"texts": ["one"]}').json()["predictions"]) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b'{"text": ""}', 422),
        (b'{"text": "' + b"x" * 100 + b'"}', 413),
        (b'{"texts": ["one", "one", "one"]}', 422),
    ],
)
def test_a_wrong_request_is_a_problem_of_its_status(body, status):
    response = post(body, max_body_bytes=64, max_texts=2)
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (response.status_code, problem["status"]) == (status, status)
    assert problem["type"] == "about:blank"
    assert problem["title"] == HTTPStatus(status).phrase
    assert problem["detail"]
    assert ("errors" in problem) == (status == 422)


def test_a_full_queue_is_429_and_says_when_to_come_back():
    engine = FakeEngine()

    async def main():
        async with running(lambda _: fake_serving(engine), queue_limit=1) as (_, client):
            engine.open.clear()
            first = asyncio.ensure_future(client.post("/predict", json={"text": "one"}))
            await asyncio.to_thread(engine.started.wait, 10)
            refused = await client.post("/predict", json={"text": "two"})
            engine.open.set()
            return refused, await first

    refused, first = asyncio.run(main())
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert "TERCET_QUEUE_LIMIT" in refused.json()["detail"]
    assert first.status_code == 200


def test_once_draining_new_requests_are_503_and_those_in_flight_are_answered():
    engine = FakeEngine()

    async def main():
        async with running(lambda _: fake_serving(engine)) as (service, client):
            engine.open.clear()
            in_flight = asyncio.ensure_future(client.post("/predict", json={"text": "one"}))
            await asyncio.to_thread(engine.started.wait, 10)
            service.drain()
            refused = await client.post("/predict", json={"text": "two"})
            engine.open.set()
            return refused, await in_flight

    refused, in_flight = asyncio.run(main())
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert "shutting down" in refused.json()["detail"]
    assert in_flight.status_code == 200


def test_an_engine_that_fails_is_a_500_that_names_the_request_and_hides_the_rest(caplog):
    engine = FakeEngine()
    engine.error = RuntimeError("secret detail")

    async def main():
        async with running(lambda _: fake_serving(engine)) as (_, client):
            headers = {"X-Request-ID": "caller-1"}
            failed = await client.post("/predict", json={"text": "a very private text"}, headers=headers)
            engine.error = None
            return failed, await client.post("/predict", json={"text": "one"})

    failed, after = asyncio.run(main())
    assert failed.status_code == 500
    assert failed.headers["x-request-id"] == "caller-1"
    assert "caller-1" in failed.json()["detail"]
    assert "secret" not in failed.text
    (record,) = [record for record in caplog.records if record.name == "app.problems"]
    assert "caller-1" in record.getMessage()
    assert record.exc_info
    assert "private" not in caplog.text
    assert after.status_code == 200


def test_the_probabilities_of_a_row_are_sent_with_all_their_digits():
    async def main():
        async with running() as (service, _):
            return present(await service.classifier.classify(["one", "two"]))

    (_, second) = asyncio.run(main())
    sent = json.loads(json.dumps(second["probabilities"]))
    assert sum(sent.values()) == pytest.approx(1, abs=1e-7)
