import asyncio
import contextlib
import threading
from dataclasses import replace
from http import HTTPStatus

import pytest

from app.application import create_app
from app.explain_schemas import Explained
from tests.app.explanations import BARE, NOT_EXPLAINABLE, FakeExplainer
from tests.app.fakes import FakeEngine, client_of, fake_serving, running, settings

BODY = b'{"text": "Three unknown"}'


class HeldExplainer(FakeExplainer):
    """Begins, and goes on once it is told to."""

    def __init__(self):
        super().__init__()
        self.started, self.open = threading.Event(), threading.Event()

    def explain(self, text, label=None):
        self.started.set()
        assert self.open.wait(10)
        return super().explain(text, label)


@contextlib.asynccontextmanager
async def explaining(explainer, engine=None, **values):
    serving = replace(fake_serving(engine), explainer=explainer)
    async with running(lambda *_: serving, **values) as (service, client):
        yield service, client


def post(body=BODY, query="", explainer=None, headers=None, **values):
    async def main():
        async with explaining(explainer or FakeExplainer(), **values) as (_, client):
            return await client.post(f"/explain{query}", content=body, headers=headers)

    return asyncio.run(main())


def test_a_text_is_explained_as_the_contract_says():
    response = post()
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    found = Explained.model_validate(response.json(), strict=True, extra="forbid")
    assert found.prediction.model_dump() == {
        "label": "many",
        "probabilities": {"few": 0.25, "many": 0.75},
        "tokens": {"total": 2, "known": 1, "used": 1, "truncated": False},
        "model": {"name": "fake", "version": 7},
    }
    assert [layer.kind for layer in found.layers] == ["InputLayer", "MaxPooling1D", "LSTM", "Custom", "Dense"]
    assert found.layers[0].activations == [0, 3]


@pytest.mark.parametrize(
    ("body", "query", "asked"),
    [
        (BODY, "", ("Three unknown", None)),
        (b'{"text": "a", "label": "many"}', "", ("a", "many")),
        (b'{"text": "a"}', "?label=many", ("a", "many")),
        (b'{"text": "a", "label": "many"}', "?label=many", ("a", "many")),
    ],
)
def test_the_label_may_be_asked_for_in_body_and_query(body, query, asked):
    explainer = FakeExplainer()
    assert post(body, query, explainer).status_code == 200
    assert explainer.asked == [asked]


@pytest.mark.parametrize(
    ("body", "query", "full"),
    [
        (BODY, "", True),
        (BODY, "?detail=full", True),
        (BODY, "?detail=summary", False),
        (b'{"text": "a", "detail": "summary"}', "", False),
    ],
)
def test_the_numbers_of_the_layers_come_unless_a_summary_is_asked_for(body, query, full):
    for layer in post(body, query).json()["layers"]:
        assert ("activations" in layer) is full
        assert ({"positions", "states"} & set(layer) != set()) is (full and layer["name"] in {"pooling", "lstm"})
        assert ("logits" in layer) is (layer["name"] == "out")


@pytest.mark.parametrize(
    ("body", "query", "status", "field"),
    [
        (b"", "", 400, None),
        (b'{"text": ""}', "", 422, "text"),
        (b'{"text": "' + b"x" * 100 + b'"}', "", 413, None),
        (b'{"text": "0123456789x"}', "", 422, "text"),
        (b'{"texts": ["one"]}', "", 422, "text"),
        (b'{"text": "one", "x": 1}', "", 422, "x"),
        (b'{"text": "one", "label": "none"}', "", 422, "label"),
        (b'{"text": "one"}', "?label=", 422, "label"),
        (b'{"text": "one", "detail": "all"}', "", 422, "detail"),
        (b'{"text": "one", "detail": "full"}', "?detail=summary", 422, "detail"),
    ],
)
def test_a_wrong_request_is_a_problem_of_its_status(body, query, status, field):
    response = post(body, query, max_body_bytes=64, max_text_characters=10)
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (response.status_code, problem["status"]) == (status, status)
    assert problem["title"] == HTTPStatus(status).phrase
    assert [each["field"] for each in problem.get("errors", [])][:1] == ([field] if field else [])


def test_a_label_that_the_model_has_not_is_told_which_it_has():
    response = post(b'{"text": "one", "label": "none"}')
    assert response.json()["detail"] == "label is none of the model's, which are few, many"


def test_a_network_that_cannot_be_looked_into_is_409_in_words():
    explainer = FakeExplainer()
    explainer.error = NOT_EXPLAINABLE
    response = post(explainer=explainer)
    assert (response.status_code, response.json()["detail"]) == (409, str(NOT_EXPLAINABLE))


def test_a_network_without_gradients_is_explained_as_far_as_that_goes():
    found = Explained.model_validate(post(explainer=FakeExplainer(BARE)).json(), strict=True)
    assert (found.attributions, found.phrases, found.filters) == (None, [], [])
    assert found.layers[0].activations == [0, 3]


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 401), ({"X-API-Key": "nobody's"}, 401), ({"X-API-Key": "client-key-0123456789"}, 200)]
)
def test_it_asks_for_a_clients_key_where_there_are_any(headers, status):
    assert post(headers=headers, api_keys=("client-key-0123456789",)).status_code == status


def test_it_takes_as_much_room_as_32_texts_and_predictions_go_on_beside_it():
    explainer = HeldExplainer()

    async def main():
        async with explaining(explainer, queue_limit=33) as (_, client):
            first = asyncio.ensure_future(client.post("/explain", content=BODY))
            assert await asyncio.to_thread(explainer.started.wait, 10)
            predicted = await client.post("/predict", json={"text": "one"})
            refused = await client.post("/explain", content=BODY)
            explainer.open.set()
            return predicted, refused, await first

    predicted, refused, first = asyncio.run(main())
    assert (predicted.status_code, first.status_code) == (200, 200)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert "TERCET_QUEUE_LIMIT" in refused.json()["detail"]


def test_a_limit_below_that_lets_one_through_at_a_time():
    assert post(queue_limit=1).status_code == 200


def test_where_predictions_fill_the_queue_it_is_429():
    engine = FakeEngine()

    async def main():
        async with explaining(FakeExplainer(), engine, queue_limit=1) as (_, client):
            engine.open.clear()
            first = asyncio.ensure_future(client.post("/predict", json={"text": "one"}))
            assert await asyncio.to_thread(engine.started.wait, 10)
            refused = await client.post("/explain", content=b"[")
            engine.open.set()
            return refused, await first

    refused, first = asyncio.run(main())
    assert (refused.status_code, first.status_code) == (429, 200)


def test_once_draining_it_is_503_and_what_is_in_flight_is_answered():
    explainer = HeldExplainer()

    async def main():
        async with explaining(explainer) as (service, client):
            in_flight = asyncio.ensure_future(client.post("/explain", content=BODY))
            assert await asyncio.to_thread(explainer.started.wait, 10)
            assert service.busy()
            service.drain()
            refused = await client.post("/explain", content=BODY)
            explainer.open.set()
            return refused, await in_flight

    refused, in_flight = asyncio.run(main())
    assert (refused.status_code, in_flight.status_code) == (503, 200)
    assert "shutting down" in refused.json()["detail"]


def test_without_a_model_it_is_503():
    async def main():
        async with client_of(create_app(settings())) as client:
            return await client.post("/explain", content=BODY)

    response = asyncio.run(main())
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")


def test_a_mistake_of_ours_is_a_500_that_hides_what_it_was(caplog):
    explainer = FakeExplainer()
    explainer.error = RuntimeError("secret detail")
    response = post(explainer=explainer)
    assert response.status_code == 500
    assert response.headers["x-request-id"] in response.json()["detail"]
    assert "secret" not in response.text
    assert "unknown" not in caplog.text


def test_an_explanation_counts_as_a_request_of_one_text():
    async def main():
        async with explaining(FakeExplainer()) as (_, client):
            await client.post("/explain", content=BODY)
            await client.post("/explain", content=b'{"text": "one", "label": "none"}')
            return (await client.get("/statistics")).json()

    found = asyncio.run(main())
    ends = {"accepted": 2, "answered": 1, "failed": 1, "cancelled": 0, "waiting": 0}
    assert (found["requests"], found["texts"]) == ({**ends, "refused": 0}, ends)


def test_another_method_is_refused():
    async def main():
        async with explaining(FakeExplainer()) as (_, client):
            return await client.get("/explain")

    response = asyncio.run(main())
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
