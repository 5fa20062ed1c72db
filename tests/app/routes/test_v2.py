"""The routes of the Open Inference Protocol, by raw HTTP: statuses, limits, keys and words."""

import asyncio
import gzip
import json

import pytest
from starlette.routing import Match

from app.application import create_app
from app.protocols.v2_request import InferRequest
from app.protocols.v2_schemas import (
    V2Health,
    V2Illness,
    V2InferResponse,
    V2ModelMetadata,
    V2ModelReady,
    V2RepositoryModel,
    V2Server,
)
from app.routes import v2
from app.shortcut import Shortcut
from model.errors import BundleError
from tests.app.fakes import FakeEngine, fake_serving, running, settings
from tests.app.protocols.test_v2_request import body, tensor, with_binary

KEY = "client-key-0123456789"
INFER = "/v2/models/fake/infer"


def exchange(method, path, content=b"", headers=None, load=None, **values):
    async def main():
        async with running(load, **values) as (_, client):
            return await client.request(method, path, content=content, headers=headers)

    return asyncio.run(main())


def get(path, **values):
    return exchange("GET", path, **values)


def infer(content, headers=None, path=INFER, **values):
    return exchange("POST", path, content, headers, **values)


def broken(*_):
    raise BundleError("The bundle is damaged.")


def unready():
    return {"load": broken, "stay_up_without_model": True}


def test_what_the_server_is():
    answer = V2Server.model_validate(get("/v2").json(), strict=True, extra="forbid")
    assert (answer.name, answer.extensions) == ("tercet", ["binary_tensor_data", "model_repository"])


@pytest.mark.parametrize("path", ["/v2/health/live", "/v2/health/ready"])
def test_health_says_both_whether_it_is_alive_and_whether_it_is_ready(path):
    response = get(path)
    assert (response.status_code, response.json()) == (200, {"live": True, "ready": True})
    V2Health.model_validate(response.json(), strict=True, extra="forbid")


def test_without_a_model_it_is_alive_and_not_ready():
    live, ready = get("/v2/health/live", **unready()), get("/v2/health/ready", **unready())
    assert (live.status_code, live.json()) == (200, {"live": True, "ready": False})
    assert (ready.status_code, ready.headers["retry-after"]) == (503, "2")
    assert V2Illness.model_validate(ready.json(), strict=True, extra="forbid").error == "The bundle is damaged."


def test_with_a_stuck_thread_it_is_not_alive(monkeypatch):
    monkeypatch.setattr("app.service.Service.live", lambda _: False)
    response = get("/v2/health/live")
    assert (response.status_code, response.json()["live"]) == (503, False)
    assert "restart the process" in response.json()["error"]


@pytest.mark.parametrize("path", ["/v2/models/fake", "/v2/models/fake/versions/7"])
def test_the_metadata_name_inputs_and_outputs_and_the_classes(path):
    content = get(path).json()
    V2ModelMetadata.model_validate(content, strict=True, extra="forbid")
    assert content["versions"] == ["7"]
    assert content["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]
    assert content["outputs"] == [
        {"name": "probabilities", "datatype": "FP32", "shape": [-1, 2], "parameters": {"labels": ["few", "many"]}},
        {"name": "label", "datatype": "BYTES", "shape": [-1]},
    ]


@pytest.mark.parametrize("path", ["/v2/models/fake/ready", "/v2/models/fake/versions/7/ready"])
def test_the_model_that_serves_is_ready(path):
    content = get(path).json()
    assert content == {"name": "fake", "ready": True}
    V2ModelReady.model_validate(content, strict=True, extra="forbid")


@pytest.mark.parametrize("end", ["", "/ready", "/infer"])
@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("fake/versions/8", "Version '8' of fake does not serve; version 7 does."),
        ("other", "There is no model 'other' here; fake (version 7) serves."),
        ("other/versions/7", "There is no model 'other' here; fake (version 7) serves."),
        ("..%2F..%2Fetc", "There is nothing at this path; /docs lists the routes."),
    ],
)
def test_what_does_not_serve_is_404_and_says_what_does(model, words, end):
    response = exchange("POST" if end == "/infer" else "GET", f"/v2/models/{model}{end}", body())
    assert (response.status_code, response.json()) == (404, {"error": words})


@pytest.mark.parametrize("path", ["/v2/models/fake", "/v2/models/fake/ready"])
def test_without_a_model_its_routes_are_503(path):
    response = get(path, **unready())
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert response.json() == {"error": "The bundle is damaged."}


def test_the_index_lists_every_version_and_which_one_is_ready(tmp_path):
    for version in (1, 2, 7):
        (tmp_path / "models" / "fake" / str(version)).mkdir(parents=True)
    content = exchange("POST", "/v2/repository/index", b'{"ready": true}', data=tmp_path).json()
    assert [(entry["version"], entry["state"]) for entry in content] == [
        ("7", "READY"),
        ("2", "UNAVAILABLE"),
        ("1", "UNAVAILABLE"),
    ]
    for entry in content:
        V2RepositoryModel.model_validate(entry, strict=True, extra="forbid")


@pytest.mark.parametrize("path", [INFER, "/v2/models/fake/versions/7/infer"])
def test_texts_are_classified(path):
    response = infer(body(tensor(["three unknown", "one"]), id="a"), path=path)
    assert response.status_code == 200
    assert response.json() == {
        "model_name": "fake",
        "model_version": "7",
        "id": "a",
        "outputs": [
            {"name": "probabilities", "datatype": "FP32", "shape": [2, 2], "data": [0.25, 0.75, 0.5, 0.5]},
            {"name": "label", "datatype": "BYTES", "shape": [2], "data": ["many", "few"]},
        ],
    }
    V2InferResponse.model_validate(response.json(), strict=True, extra="forbid")
    InferRequest.model_validate_json(body(tensor(["three unknown", "one"]), id="a"))


@pytest.mark.parametrize("coding", [None, "gzip"])
@pytest.mark.parametrize("content_type", [None, "application/octet-stream", "application/json"])
def test_binary_requests_are_taken_whatever_their_type_says(coding, content_type):
    content, header = with_binary(["three", "one"])
    headers = {"Inference-Header-Content-Length": header, "Content-Type": content_type, "Content-Encoding": coding}
    packed = gzip.compress(content) if coding else content
    response = infer(packed, {name: value for name, value in headers.items() if value is not None})
    assert response.json()["outputs"][1]["data"] == ["many", "few"]


@pytest.mark.parametrize(
    ("content", "headers", "status", "words"),
    [
        (b"", {}, 400, "not JSON"),
        (body(tensor(shape=[3])), {}, 400, "its shape says 3"),
        (body(tensor(["one", " "])), {}, 422, "text[1] is blank"),
        (body(tensor(["one"] * 5)), {}, 422, "TERCET_MAX_TEXTS"),
        (body(tensor(["x" * 9999])), {}, 413, "TERCET_MAX_BODY_BYTES"),
        (
            gzip.compress(body(tensor(["x" * 9999])), mtime=0),
            {"Content-Encoding": "gzip"},
            413,
            "TERCET_MAX_BODY_BYTES",
        ),
        (body(), {"Content-Encoding": "br"}, 415, "send gzip, deflate"),
        (body(), {"Content-Encoding": "gzip"}, 400, "is not gzip"),
        (body(), {"Inference-Header-Content-Length": "-1"}, 400, "without sign"),
    ],
)
def test_a_wrong_request_is_an_error_of_its_status_in_words(content, headers, status, words):
    response = infer(content, headers, max_body_bytes=5000, max_texts=4)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/json")
    assert list(response.json()) == ["error"]
    assert words in response.json()["error"]
    assert "x-request-id" in response.headers


def test_a_full_queue_is_429_and_says_when_to_come_back():
    engine = FakeEngine()

    async def main():
        async with running(lambda _: fake_serving(engine), queue_limit=1) as (_, client):
            engine.open.clear()
            first = asyncio.ensure_future(client.post(INFER, content=body(tensor(["one"]))))
            await asyncio.to_thread(engine.started.wait, 10)
            refused = await client.post(INFER, content=body(tensor(["two"])))
            engine.open.set()
            return refused, await first

    refused, first = asyncio.run(main())
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert "TERCET_QUEUE_LIMIT" in refused.json()["error"]
    assert first.status_code == 200


def test_once_draining_requests_are_503():
    async def main():
        async with running() as (service, client):
            service.drain()
            return await client.post(INFER, content=body())

    response = asyncio.run(main())
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert "shutting down" in response.json()["error"]


def test_a_mistake_of_ours_is_500_in_that_form_too():
    engine = FakeEngine()
    engine.error = ZeroDivisionError()
    response = infer(body(), load=lambda *_: fake_serving(engine))
    assert response.status_code == 500
    assert response.headers["x-request-id"] in response.json()["error"]


PATHS = [
    ("GET", "/v2"),
    ("GET", "/v2/models/fake"),
    ("GET", "/v2/models/fake/versions/7"),
    ("GET", "/v2/models/fake/ready"),
    ("GET", "/v2/models/fake/versions/7/ready"),
    ("POST", INFER),
    ("POST", "/v2/models/fake/versions/7/infer"),
    ("POST", "/v2/repository/index"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_where_clients_need_keys_they_need_them_here_and_for_health_nobody_does(method, path):
    async def main():
        async with running(api_keys=(KEY,)) as (_, client):
            without = await client.request(method, path, content=body())
            bearer = await client.request(method, path, content=body(), headers={"Authorization": f"Bearer {KEY}"})
            header = await client.request(method, path, content=body(), headers={"X-API-Key": KEY})
            return without, bearer, header, await client.get("/v2/health/ready")

    without, bearer, header, health = asyncio.run(main())
    assert (without.status_code, without.headers["www-authenticate"]) == (401, "Bearer")
    assert list(without.json()) == ["error"]
    assert [response.status_code for response in (bearer, header, health)] == [200] * 3


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", INFER), ("GET", INFER), ("POST", "/v2"), ("DELETE", "/v2/models/fake")]
)
def test_another_method_is_405_in_that_form(method, path):
    response = exchange(method, path)
    assert response.status_code == 405
    assert response.json() == {"error": f"{method} is not a method of this path."}
    assert response.headers["allow"]


@pytest.mark.parametrize("path", [INFER, "/v2/models/fake/versions/7/infer"])
@pytest.mark.parametrize("content", [body(), body(tensor(shape=[9])), b"["])
def test_both_ways_give_the_same(content, path, monkeypatch):
    short = infer(content, path=path)
    monkeypatch.setattr(Shortcut, "__call__", lambda self, scope, receive, send: self._app(scope, receive, send))
    long = infer(content, path=path)
    assert (short.status_code, short.content) == (long.status_code, long.content)
    assert [name for name, _ in short.headers.items()] == [name for name, _ in long.headers.items()]


def test_the_short_way_has_the_paths_of_the_route():
    app = create_app(settings())
    scope = {"type": "http", "method": "POST", "path": "", "root_path": ""}
    for pattern in v2.INFER:
        path = pattern.format(name="a", version="1")
        assert any(route.matches({**scope, "path": path})[0] is Match.FULL for route in app.router.routes)


def test_the_answer_in_binary_is_announced():
    content, header = with_binary(["one"], parameters={"binary_data_output": True})
    response = infer(content, {"Inference-Header-Content-Length": header})
    length = int(response.headers["inference-header-content-length"])
    sizes = [output["parameters"]["binary_data_size"] for output in json.loads(response.content[:length])["outputs"]]
    assert response.headers["content-type"] == "application/octet-stream"
    assert length + sum(sizes) == len(response.content)
