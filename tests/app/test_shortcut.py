"""The short way must not be seen: the same answers, errors and headers as by the framework's own."""

import asyncio
from dataclasses import replace

import pytest
from starlette.responses import Response

from app.application import create_app
from app.exchange import ROUTE
from app.problems import Problem
from app.routes import predict
from app.schemas import Prediction, Predictions
from app.shortcut import Shortcut
from tests.app.explanations import FakeExplainer
from tests.app.fakes import fake_serving, running, settings


def exchange(method, path, body=b"", headers=None, **values):
    async def main():
        async with running(**values) as (_, client):
            return await client.request(method, path, content=body, headers=headers)

    return asyncio.run(main())


@pytest.fixture
def framework_alone(monkeypatch):
    """The application without a short way."""
    monkeypatch.setattr(Shortcut, "__call__", lambda self, scope, receive, send: self._app(scope, receive, send))


BODIES = [
    b'{"text": "three unknown"}',
    b'{"texts": ["three", "one"]}',
    b'{"text": 1}',
    b'{"texts": ["one", ""]}',
    b"[",
    b'{"text": "' + b"x" * 1000 + b'"}',
]


@pytest.mark.parametrize("body", BODIES)
def test_both_ways_give_the_same(body, request):
    short = exchange("POST", "/predict", body, max_body_bytes=999)
    request.getfixturevalue("framework_alone")
    long = exchange("POST", "/predict", body, max_body_bytes=999)
    assert (short.status_code, short.content) == (long.status_code, long.content)
    assert [name for name, _ in short.headers.items()] == [name for name, _ in long.headers.items()]


@pytest.mark.parametrize("body", [*BODIES, b'{"text": "one", "label": "many"}'])
@pytest.mark.parametrize("query", ["", "?detail=summary", "?label=none"])
def test_both_ways_explain_the_same(body, query, request):
    explained = replace(fake_serving(), explainer=FakeExplainer())
    values = {"load": lambda *_: explained, "max_body_bytes": 999}
    short = exchange("POST", f"/explain{query}", body, **values)
    request.getfixturevalue("framework_alone")
    long = exchange("POST", f"/explain{query}", body, **values)
    assert (short.status_code, short.content) == (long.status_code, long.content)
    assert [name for name, _ in short.headers.items()] == [name for name, _ in long.headers.items()]


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "nobody's"}, {"X-API-Key": "client-key-0123456789"}])
def test_both_ways_ask_for_the_same_keys(headers, request):
    keys = {"api_keys": ("client-key-0123456789",)}
    short = exchange("POST", "/predict", BODIES[0], headers, **keys)
    request.getfixturevalue("framework_alone")
    long = exchange("POST", "/predict", BODIES[0], headers, **keys)
    assert short.status_code == (200 if "client" in headers.get("X-API-Key", "") else 401)
    assert (short.status_code, short.content) == (long.status_code, long.content)
    assert [name for name, _ in short.headers.items()] == [name for name, _ in long.headers.items()]


def test_where_no_key_is_asked_for_the_way_is_no_longer():
    app = create_app(settings(admin_keys=("admin-key-0123456789ab",)))
    posts = {"/predict": predict.predict}
    assert Shortcut(app, app.state.service, app.state.keyring, posts)._posts == posts


def test_answers_are_what_openapi_says():
    Prediction.model_validate(exchange("POST", "/predict", BODIES[0]).json(), strict=True, extra="forbid")
    Predictions.model_validate(exchange("POST", "/predict", BODIES[1]).json(), strict=True, extra="forbid")
    Problem.model_validate(exchange("POST", "/predict", BODIES[2]).json(), strict=True, extra="forbid")


def test_below_the_path_of_a_proxy_the_way_is_short_too(monkeypatch):
    called: list[bool] = []

    async def spy(request, service):
        called.append(True)
        return await original(request, service)

    original = predict.predict
    monkeypatch.setattr(predict, "predict", spy)
    response = exchange("POST", "/predict", BODIES[0], root_path="/tercet")
    assert (response.status_code, called) == (200, [True])


def test_another_method_goes_to_the_framework():
    response = exchange("GET", "/predict")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert "x-request-id" in response.headers


def test_an_endpoint_that_is_at_fault_is_a_500_under_its_request_id(monkeypatch, caplog):
    async def broken(request, service):
        raise ZeroDivisionError

    monkeypatch.setattr(predict, "predict", broken)
    response = exchange("POST", "/predict", BODIES[0])
    assert response.status_code == 500
    assert response.headers["x-request-id"] in response.json()["detail"]
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/models/a/run", {"name": "a"}),
        ("/models/a:b/run", {"name": "a:b"}),
        ("/models/a:go", {"name": "a"}),
        ("/models/a:b:go", {"name": "a:b"}),
        ("/models/a/b/run", None),
        ("/models//run", None),
        ("/models/a/run\n", None),
        ("/models/a/run/", None),
    ],
)
def test_a_path_with_parameters_is_taken_whole(path, found):
    taken: list[tuple[str, dict[str, str]] | None] = []

    async def endpoint(request, _service):
        taken.append((request.scope[ROUTE], request.path_params))
        return Response()

    async def elsewhere(_scope, _receive, _send):
        taken.append(None)

    async def nowhere(*_):
        return None

    app = create_app(settings())
    posts = {"/models/{name}/run": endpoint, "/models/{name}:go": endpoint}
    shortcut = Shortcut(elsewhere, app.state.service, app.state.keyring, posts)
    scope = {"type": "http", "method": "POST", "path": f"/below{path}", "root_path": "/below", "headers": []}
    asyncio.run(shortcut(scope, nowhere, nowhere))
    route = "/models/{name}:go" if path.endswith("go") else "/models/{name}/run"
    assert taken == [found and (route, found)]
