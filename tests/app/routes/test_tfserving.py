"""TensorFlow Serving's REST API and KServe's V1 over HTTP: paths, statuses, and what both ways to an endpoint share."""

import asyncio
import gzip
import json

import pytest

from app.application import create_app
from app.exchange import ROUTE
from app.routes.tfserving import CLASSIFY, PREDICT
from app.shortcut import Shortcut
from tests.app.fakes import FakeEngine, fake_serving, running, settings

ONE = b'{"instances": ["one"]}'
EXAMPLE = b'{"examples": [{"text": "one"}]}'


def exchange(method, path, body=b"", headers=None, **values):
    async def main():
        async with running(**values) as (_, client):
            return await client.request(method, path, content=body, headers=headers)

    return asyncio.run(main())


@pytest.mark.parametrize("path", ["/v1/models/fake", "/v1/models/fake/versions/7", "/v1/models/fake%3Apredict"])
def test_a_prediction_is_asked_for_by_the_model_and_by_its_version(path):
    path = path if path.endswith("predict") else f"{path}:predict"
    response = exchange("POST", path, b'{"instances": ["three unknown", "one"]}')
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.json() == {"predictions": [[0.25, 0.75], [0.5, 0.5]]}


def test_columns_are_answered_in_columns():
    assert exchange("POST", "/v1/models/fake:predict", b'{"inputs": {"text": ["three"]}}').json() == {
        "outputs": [[0.25, 0.75]]
    }


@pytest.mark.parametrize("path", ["/v1/models/fake:classify", "/v1/models/fake/versions/7:classify"])
def test_a_classification_names_each_label(path):
    response = exchange("POST", path, b'{"examples": [{"text": "three"}, {"text": "one"}]}')
    assert response.json() == {"results": [[["few", 0.25], ["many", 0.75]], [["few", 0.5], ["many", 0.5]]]}


def test_the_state_of_the_model_has_what_kserve_reads_and_that_of_the_version_has_not():
    version = {"version": "7", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    status = {"model_version_status": [version]}
    assert exchange("GET", "/v1/models").json() == {"models": ["fake"]}
    assert exchange("GET", "/v1/models/fake").json() == status | {"name": "fake", "ready": True}
    assert exchange("GET", "/v1/models/fake/versions/7").json() == status


@pytest.mark.parametrize("path", ["/v1/models/fake/metadata", "/v1/models/fake/versions/7/metadata"])
def test_metadata_say_that_texts_go_in(path):
    signature = exchange("GET", path).json()["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert {name: tensor["dtype"] for name, tensor in signature["inputs"].items()} == {"text": "DT_STRING"}


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("POST", "/v1/models/other:predict", 404, "no model 'other' here; fake (version 7) serves"),
        ("POST", "/v1/models/fake/versions/6:classify", 404, "Version '6' of fake does not serve; version 7 does"),
        ("GET", "/v1/models/other", 404, "fake (version 7) serves"),
        ("GET", "/v1/models/fake/versions/8/metadata", 404, "version 7 does"),
        ("GET", "/v1/models/fake/labels/stable", 404, "no labels; version 7 serves"),
        ("POST", "/v1/models/fake/labels/stable:predict", 404, "no labels; version 7 serves"),
        ("POST", "/v1/models/fake:regress", 400, "no signature for regression"),
        ("POST", "/v1/models/fake/versions/7:regress", 400, "no signature for regression"),
        ("POST", "/v1/models/other:regress", 404, "no model 'other'"),
        ("POST", "/v1/models/fake:explain", 400, "POST /explain"),
        ("POST", "/v1/models/fake:rank", 400, "There are :predict and :classify"),
        ("GET", "/v1/models/fake:predict", 405, "GET is not a method of this path"),
        ("GET", "/v1/models/fake/versions/7:predict", 405, "GET is not a method of this path"),
        ("POST", "/v1/models/fake", 405, "POST is not a method of this path"),
    ],
)
def test_what_is_not_there_is_said_in_words(method, path, status, words):
    response = exchange(method, path, ONE)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/json")
    assert list(response.json()) == ["error"]
    assert words in response.json()["error"]


@pytest.mark.parametrize("path", ["/v1/models/fake:predict", "/v1/models/fake:classify"])
@pytest.mark.parametrize(
    ("body", "status"), [(b"", 400), (b"[", 400), (b"{}", 400), (b'{"instances": ["' + b"x" * 100 + b'"]}', 413)]
)
def test_a_wrong_body_has_tensorflow_servings_status(path, body, status):
    response = exchange("POST", path, body, max_body_bytes=64)
    assert (response.status_code, list(response.json())) == (status, ["error"])


def test_a_compressed_body_is_read_whatever_its_type():
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/plain", "X-Request-ID": "caller-1"}
    response = exchange("POST", "/v1/models/fake:predict", gzip.compress(ONE), headers)
    assert response.json() == {"predictions": [[0.5, 0.5]]}
    assert response.headers["x-request-id"] == "caller-1"


@pytest.mark.parametrize(("path", "body"), [("/v1/models/fake:predict", ONE), ("/v1/models/fake:classify", EXAMPLE)])
def test_keys_of_clients_are_asked_for_where_there_are_any(path, body):
    key = "k" * 20
    refused = exchange("POST", path, body, api_keys=(key,))
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert list(refused.json()) == ["error"]
    assert exchange("GET", "/v1/models/fake", api_keys=(key,)).status_code == 401
    assert exchange("POST", path, body, {"Authorization": f"Bearer {key}"}, api_keys=(key,)).status_code == 200


def test_a_full_queue_is_429_that_says_when_to_come_back_and_draining_503():
    engine = FakeEngine()

    async def main():
        async with running(lambda _: fake_serving(engine), queue_limit=1) as (service, client):
            engine.open.clear()
            first = asyncio.ensure_future(client.post("/v1/models/fake:predict", content=ONE))
            await asyncio.to_thread(engine.started.wait, 10)
            full = await client.post("/v1/models/fake:classify", content=EXAMPLE)
            service.drain()
            draining = [await client.post("/v1/models/fake:predict", content=ONE), await client.get("/v1/models/fake")]
            engine.open.set()
            return full, draining, await first

    full, draining, first = asyncio.run(main())
    assert (full.status_code, full.headers["retry-after"]) == (429, "1")
    assert "TERCET_QUEUE_LIMIT" in full.json()["error"]
    for response in draining:
        assert (response.status_code, response.headers["retry-after"]) == (503, "2")
        assert "shutting down" in response.json()["error"]
    assert first.status_code == 200


def test_both_ways_give_the_same(monkeypatch):
    paths = [f"/v1/models/fake{version}:{verb}" for version in ("", "/versions/8") for verb in ("predict", "classify")]

    async def main():
        async with running(max_body_bytes=999) as (_, client):
            bodies = (ONE, EXAMPLE, b"[", b"x" * 1000)
            return [await client.post(path, content=body) for path in paths for body in bodies]

    short = asyncio.run(main())
    monkeypatch.setattr(Shortcut, "__call__", lambda self, scope, receive, send: self._app(scope, receive, send))
    for one, other in zip(short, asyncio.run(main()), strict=True):
        assert (one.status_code, one.content) == (other.status_code, other.content)
        assert [name for name, _ in one.headers.items()] == [name for name, _ in other.headers.items()]
    assert {response.status_code for response in short} == {200, 400, 404, 413}


@pytest.mark.parametrize("path", [*PREDICT, *CLASSIFY])
def test_the_short_way_knows_the_pattern_of_the_path(path, monkeypatch):
    seen = []
    taken = Shortcut.__call__

    async def watched(self, scope, receive, send):
        await taken(self, scope, receive, send)
        seen.append(scope.get(ROUTE))

    monkeypatch.setattr(Shortcut, "__call__", watched)
    body = json.dumps({"instances": ["one"], "examples": [{"text": "one"}]}).encode()
    assert exchange("POST", path.format(name="fake", version=7), body).status_code == 200
    assert path in seen


def test_openapi_lists_the_routes_that_answer():
    document = create_app(settings(api_keys=("k" * 20,))).openapi()
    model, version = "/v1/models/{name}", "/v1/models/{name}/versions/{version}"
    paths = {path: item for path, item in document["paths"].items() if path.startswith("/v1")}
    assert set(paths) == {
        "/v1/models",
        *(f"{path}{end}" for path in (model, version) for end in ("", "/metadata", ":predict", ":classify")),
    }
    for path in (*PREDICT, *CLASSIFY):
        post = paths[path]["post"]
        assert set(post["responses"]) == {"200", "400", "401", "404", "413", "415", "429", "500", "503"}
        assert [parameter["name"] for parameter in post["parameters"]] == (
            ["name", "version"] if "version" in path else ["name"]
        )
