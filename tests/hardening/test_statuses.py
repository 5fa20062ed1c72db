"""Every status that OpenAPI documents of a route is reached by a request over HTTP, and each of these is documented."""

import asyncio
import contextlib
import errno
import json
import shutil
import socket
from typing import Any

import httpx
import pytest
import uvicorn

from app import pipeline_command
from app.application import create_app
from app.browsers import PROBES
from app.jobs import event_feed
from app.jobs.ledger import Ledger
from app.jobs.store import JobStore
from model.bundle import MANIFEST
from model.errors import BundleError, NotExplainableError
from model.registry import Registry
from tests.app.datasets.uploads import facts
from tests.app.explanations import FakeExplainer
from tests.app.fakes import FakeEngine, fake_serving, settings
from tests.app.jobs.orders import order
from tests.app.jobs.retraining import PRESETS, add_dataset

ADMIN, CLIENT = {"X-API-Key": "admin-key-0123456789"}, {"X-API-Key": "client-key-0123456789"}
KEYS = {"admin_keys": (ADMIN["X-API-Key"],), "api_keys": (CLIENT["X-API-Key"],), "metrics": "key"}
LIMIT_BYTES = 1000
NOWHERE = "0" * 32
TEXT = b'{"text": "one"}'
CORRECTED = b'{"text": "one", "label": "few"}'
BIG = b" " * (LIMIT_BYTES + 1)
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
BROTLI = {"Content-Encoding": "br"}
TENSOR = json.dumps({"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["one"]}]}).encode()
BLANK = TENSOR.replace(b"one", b" ")


def of(statuses, route, **options):
    """Rows of the same request."""
    return [(int(status), route, options) for status in str(statuses).split()]


def protocol(route, body, blank, situation):
    """Rows of a route that infers, of the model `fake` of version 1."""
    path = route.replace("{name}", "fake").replace("{version}", "1")
    elsewhere = route.replace("{name}", "another").replace("{version}", "2")
    given = {
        "normal": [
            (200, {"content": body}),
            (400, {"content": b"["}),
            (404, {"content": body, "path": elsewhere.split()[1]}),
            (413, {"content": BIG}),
            (415, {"content": body, "headers": BROTLI}),
            *blank,
        ],
        "full": [(429, {"content": body})],
        "draining": [(503, {"content": body})],
        "defect": [(500, {"content": body})],
    }.get(situation, [])
    return [(status, route, {"path": path.split()[1], **options}) for status, options in given]


def protocols(situation):
    """Rows of the routes of inference protocols."""
    rows = []
    for place in ("/v2/models/{name}", "/v2/models/{name}/versions/{version}"):
        rows += protocol(f"POST {place}/infer", TENSOR, [(422, {"content": BLANK})], situation)
    for place in ("/v1/models/{name}", "/v1/models/{name}/versions/{version}"):
        for verb, body in (("predict", b'{"instances": ["one"]}'), ("classify", b'{"examples": [{"text": "one"}]}')):
            rows += protocol(f"POST {place}:{verb}", body, [], situation)
    reading = [
        *(f"GET /v2/models/{{name}}{version}{ready}" for version in ("", VERSION) for ready in ("", "/ready")),
        *(f"GET /v1/models/{{name}}{version}{more}" for version in ("", VERSION) for more in ("", "/metadata")),
    ]
    for route in reading:
        path = route.split()[1].replace("{version}", "1")
        if situation == "normal":
            rows += [(200, route, {"path": path.replace("{name}", "fake")})]
            rows += [(404, route, {"path": path.replace("{name}", "another")})]
        elif situation == "no model":
            rows += [(503, route, {"path": path.replace("{name}", "fake")})]
    return rows


VERSION = "/versions/{version}"
JOB = "/jobs/{job_id}"
ROWS = {
    "normal": [
        *of(200, "POST /predict", content=TEXT),
        *of(400, "POST /predict", content=b"["),
        *of(413, "POST /predict", content=BIG),
        *of(422, "POST /predict", content=b"{}"),
        *of(200, "POST /predict/stream", content=TEXT),
        *of(200, "POST /explain", content=TEXT),
        *of(400, "POST /explain", content=b"["),
        *of(413, "POST /explain", content=BIG),
        *of(422, "POST /explain", content=b"{}"),
        *of(201, "POST /feedback", content=CORRECTED),
        *of(400, "POST /feedback", content=b"["),
        *of(403, "POST /feedback", content=CORRECTED, headers={"Origin": "https://elsewhere.example"}),
        *of(413, "POST /feedback", content=BIG),
        *of(422, "POST /feedback", content=TEXT),
        *(row for path in ("/model", "/models", "/drift", "/statistics", "/metrics") for row in of(200, f"GET {path}")),
        *(row for path in ("/health/live", "/health/ready") for row in of(200, f"GET {path}")),
        *(row for path in ("/v2", "/v2/health/live", "/v2/health/ready") for row in of(200, f"GET {path}")),
        *of(200, "POST /v2/repository/index"),
        *of(200, "GET /v1/models"),
        *of(200, "GET /models/{version}", path="/models/1"),
        *of(404, "GET /models/{version}", path="/models/9"),
        *of(409, "GET /models/{version}", path="/models/3"),
        *of(422, "GET /models/{version}", path="/models/none"),
        *of(200, "GET /models/{version}/report", path="/models/1/report"),
        *of(404, "GET /models/{version}/report", path="/models/9/report"),
        *of(409, "GET /models/{version}/report", path="/models/3/report"),
        *of(422, "GET /models/{version}/report", path="/models/0/report"),
        *of(200, "POST /models/{version}/promote", path="/models/1/promote"),
        *of(404, "POST /models/{version}/promote", path="/models/9/promote"),
        *of(409, "POST /models/{version}/promote", path="/models/3/promote"),
        *of(422, "POST /models/{version}/promote", path="/models/-1/promote"),
        *of(204, "DELETE /models/{version}", path="/models/2"),
        *of(404, "DELETE /models/{version}", path="/models/9"),
        *of(409, "DELETE /models/{version}", path="/models/1"),
        *of(422, "DELETE /models/{version}", path="/models/x"),
        *of(200, "GET /datasets"),
        *of("201 200", "PUT /datasets/{name}", path="/datasets/new", content=b"text,label\n"),
        *of(413, "PUT /datasets/{name}", path="/datasets/new", content=BIG),
        *of(415, "PUT /datasets/{name}", path="/datasets/new", headers=FORM),
        *of(422, "PUT /datasets/{name}", path="/datasets/-"),
        *of(200, "GET /datasets/{name}", path="/datasets/new"),
        *of(404, "GET /datasets/{name}", path="/datasets/none"),
        *of(422, "GET /datasets/{name}", path="/datasets/-"),
        *of(204, "DELETE /datasets/{name}", path="/datasets/new"),
        *of(404, "DELETE /datasets/{name}", path="/datasets/none"),
        *of(409, "DELETE /datasets/{name}", path="/datasets/toy"),
        *of(422, "DELETE /datasets/{name}", path="/datasets/-"),
        *of(200, "GET /retrain/options"),
        *of(202, "POST /retrain", content=b'{"dataset": "toy"}'),
        *of(400, "POST /retrain", content=b"["),
        *of(413, "POST /retrain", content=BIG),
        *of(422, "POST /retrain", content=b'{"dataset": "none"}'),
        *of(200, "GET /jobs"),
        *of(404, "GET /jobs", path=f"/jobs?before={NOWHERE}"),
        *of(422, "GET /jobs", path="/jobs?limit=0"),
        *of(200, f"GET {JOB}", path="/jobs/<ended>"),
        *of(404, f"GET {JOB}", path=f"/jobs/{NOWHERE}"),
        *of(200, f"GET {JOB}/events", path="/jobs/<ended>/events"),
        *of(204, f"GET {JOB}/events", path="/jobs/<ended>/events?last_event_id=999999"),
        *of(404, f"GET {JOB}/events", path=f"/jobs/{NOWHERE}/events"),
        *of(422, f"GET {JOB}/events", path="/jobs/<ended>/events?last_event_id=x"),
        *of(200, f"DELETE {JOB}", path="/jobs/<queued>"),
        *of(202, f"DELETE {JOB}", path="/jobs/<running>"),
        *of(404, f"DELETE {JOB}", path=f"/jobs/{NOWHERE}"),
        *of(409, f"DELETE {JOB}", path="/jobs/<ended>"),
    ],
    "odd": [
        *of(409, "POST /explain", content=TEXT),
        *of(408, "PUT /datasets/{name}", path="/datasets/slow", stalls=True),
        *of(507, "PUT /datasets/{name}", path="/datasets/large", content=b"x"),
        *of(409, "POST /retrain", content=b'{"dataset": "toy"}'),
        *of(429, f"GET {JOB}/events", path="/jobs/<running>/events"),
        *of(503, "GET /health/live"),
        *of(503, "GET /v2/health/live"),
    ],
    "full": [*of(429, "POST /predict", content=TEXT), *of(429, "POST /explain", content=TEXT)],
    "draining": [
        *of(503, "POST /predict", content=TEXT),
        *of(503, "POST /predict/stream", content=TEXT),
        *of(503, "POST /explain", content=TEXT),
        *of(503, "POST /feedback", content=CORRECTED),
        *of(503, "POST /retrain", content=b'{"dataset": "toy"}'),
        *of(503, f"GET {JOB}/events", path="/jobs/<ended>/events"),
        *of(503, "POST /models/{version}/promote", path="/models/1/promote"),
        *of(503, "DELETE /models/{version}", path="/models/2"),
        *of(503, "GET /health/ready"),
        *of(503, "GET /v2/health/ready"),
        *of(503, "GET /v1/models"),
        *of(503, "POST /v2/repository/index"),
    ],
    "no model": [
        *of(503, "GET /model"),
        *of(503, "GET /models"),
        *of(503, "GET /drift"),
        *of(503, "GET /models/{version}", path="/models/1"),
        *of(503, "GET /models/{version}/report", path="/models/1/report"),
    ],
    "no database": [
        *of(503, "GET /datasets"),
        *of(503, "GET /datasets/{name}", path="/datasets/toy"),
        *of(503, "PUT /datasets/{name}", path="/datasets/toy", content=b"text,label\n"),
        *of(503, "DELETE /datasets/{name}", path="/datasets/toy"),
        *of(503, "GET /retrain/options"),
        *of(503, "GET /jobs"),
        *of(503, f"GET {JOB}", path=f"/jobs/{NOWHERE}"),
        *of(503, f"DELETE {JOB}", path=f"/jobs/{NOWHERE}"),
    ],
    "defect": [
        *of(500, "POST /predict", content=TEXT),
        *of(500, "POST /predict/stream", content=TEXT),
        *of(500, "POST /explain", content=TEXT),
        *of(500, "POST /feedback", content=CORRECTED),
        *of(500, "PUT /datasets/{name}", path="/datasets/new", content=b"text,label\n"),
    ],
}
ROWS = {situation: [*rows, *protocols(situation)] for situation, rows in ROWS.items()}


@pytest.fixture
def folder(tmp_path, toy_models, monkeypatch):
    """A data folder with three versions of `fake`, the third of them damaged, and a pipeline that only says so."""
    registry = Registry(tmp_path / "models")
    for _ in range(3):
        registry.add("fake", lambda staged: _copy(toy_models / "toy" / "1", staged))
    (tmp_path / "models" / "fake" / "3" / MANIFEST).write_text("{}")
    monkeypatch.setattr(pipeline_command, "run", _pipeline)
    monkeypatch.setattr(pipeline_command, "check_available", lambda: None)
    return tmp_path


def _copy(source, staged):
    from tests.bundles import remanifest

    shutil.copytree(source, staged, dirs_exist_ok=True)
    (staged / "assets.extra" / "report").mkdir()
    (staged / "assets.extra" / "report" / "report.html").write_text("<!doctype html>")
    remanifest(staged)


async def _pipeline(command, *_arguments, **_options):
    return PRESETS if command == "presets" else facts()


def _fill(app):
    """A data set, and a job that waits, one that runs and one that has ended; their ids."""
    database = app.state.database
    store, ledger = JobStore(database), Ledger(database, "worker-1")
    add_dataset(database, facts=facts())
    ids = [store.submit(order(seed=seed), None)[0].id for seed in range(3)]
    for job_id in ids[1:]:
        ledger.claim(job_id)
    ledger.finish(ids[2], "failed", error="It failed.")
    return dict(zip(("<queued>", "<running>", "<ended>"), ids, strict=True))


def _break(*_arguments, **_options):
    raise ZeroDivisionError


def _disk_full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


class Situation:
    """An application in one of the situations of `ROWS`."""

    def __init__(self, name, folder, monkeypatch):
        self.name, self._patch = name, monkeypatch
        self.engine, self.explainer, self.ids = FakeEngine(), FakeExplainer(), {}
        values: dict[str, dict[str, Any]] = {
            "odd": {"stream_idle_s": 1},
            "full": {"queue_limit": 1},
            "no database": {"database_url": _GONE},
        }
        limits = {"max_body_bytes": LIMIT_BYTES, "max_dataset_bytes": LIMIT_BYTES}
        self.app = create_app(settings(data=folder, **KEYS, **limits, **values.get(name, {})), self._load)
        if name != "no database":
            self.ids = _fill(self.app)
        if name == "odd":
            (folder / "models" / "other" / "1").mkdir(parents=True)

    def _load(self, _settings, version=None):
        if version == 3 or self.name == "no model":
            raise BundleError("It is damaged.")
        return fake_serving(self.engine, version or 1, self.explainer)

    async def arise(self, client):
        """Make it so, once the service runs."""
        service, patch = self.app.state.service, self._patch
        if self.name == "draining":
            service.drain()
        elif self.name == "defect":
            patch.setattr(service, "admit", _break)
            patch.setattr(self.app.state.intake, "take", _break)
        elif self.name == "odd":
            self.explainer.error = NotExplainableError("The bundle has no signature 'explain'.")
            patch.setattr(service, "live", lambda: False)
            patch.setattr(event_feed, "_MOST", 0)
            patch.setattr("app.datasets.upload.os.write", _disk_full)
        elif self.name == "full":
            self.engine.open.clear()
            self.waiting = asyncio.create_task(client.post("/predict", content=TEXT, headers=CLIENT))
            await asyncio.to_thread(self.engine.started.wait, 10)

    def pass_by(self):
        """Let go what was held up."""
        self.engine.open.set()


_GONE = "postgresql://user:password@127.0.0.1:1/tercet"


@contextlib.asynccontextmanager
async def served(situation):
    """A client of the application behind the real server, on a port of its own."""
    app = situation.app
    server = uvicorn.Server(uvicorn.Config(app, http="httptools", ws="none", lifespan="off", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with app.router.lifespan_context(app):
            task = asyncio.create_task(server.serve([listener]))
            await app.state.service.loaded()
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
                await situation.arise(client)
                yield client
                situation.pass_by()
            server.should_exit = True
            await task


async def _stalling():
    yield b"text,label\n"
    await asyncio.sleep(3)


async def ask(client, ids, route, options):
    """The answer to a row's request, with an admin's key, which is good everywhere."""
    options = dict(options)
    method, path = route.split()
    path = options.pop("path", path)
    for name, job_id in ids.items():
        path = path.replace(name, job_id)
    if options.pop("stalls", False):
        options["content"] = _stalling()
    headers = options.pop("headers", {}) | ADMIN
    return await client.request(method, path, headers=headers, **options)


def documented(app):
    """Every status of every route, with the media types of its bodies."""
    return {
        (int(status), f"{method.upper()} {path}"): set(told.get("content", ()))
        for path, item in app.openapi()["paths"].items()
        for method, operation in item.items()
        for status, told in operation["responses"].items()
    }


@pytest.mark.parametrize("name", ROWS)
def test_each_status_is_reached(name, folder, monkeypatch):
    situation = Situation(name, folder, monkeypatch)

    async def main():
        async with served(situation) as client:
            return [await ask(client, situation.ids, route, options) for _, route, options in ROWS[name]]

    told = documented(situation.app)
    for (status, route, _), response in zip(ROWS[name], asyncio.run(main()), strict=True):
        assert response.status_code == status, (route, response.text[:500])
        types = told[status, route]
        assert not types or response.headers["content-type"].partition(";")[0] in types, (status, route)


def test_every_route_that_asks_for_a_key_does_so(folder, monkeypatch):
    situation = Situation("normal", folder, monkeypatch)
    asked = [key for key in documented(situation.app) if key[0] in (401, 403) and key != (403, "POST /feedback")]

    async def main():
        async with served(situation) as client:
            return [
                await client.request(*_filled(route).split(), headers=CLIENT if status == 403 else {})
                for status, route in asked
            ]

    assert len(asked) > 40
    for (status, route), response in zip(asked, asyncio.run(main()), strict=True):
        assert response.status_code == status, (route, response.text[:500])


def test_every_route_but_probes_asks_for_a_name_where_names_are_set(folder, monkeypatch):
    app = create_app(settings(data=folder, allowed_hosts=("example.org",)), lambda *_: fake_serving())
    routes = {route for status, route in documented(app) if status == 421}

    async def main():
        async with served(_Plain(app)) as client:
            return {route: await client.request(*_filled(route).split()) for route in routes}

    assert {response.status_code for response in asyncio.run(main()).values()} == {421}
    assert {route for _, route in documented(app)} - routes == {
        f"GET {p}{n}" for p in PROBES for n in ("live", "ready")
    }


class _Plain:
    """An application as it is."""

    def __init__(self, app):
        self.app = app

    async def arise(self, client):
        pass

    def pass_by(self):
        pass


def _filled(route):
    for name, value in (("{name}", "fake"), ("{version}", "1"), ("{job_id}", NOWHERE)):
        route = route.replace(name, value)
    return route


def test_no_status_is_documented_that_no_request_here_reaches(folder):
    app = create_app(settings(data=folder, **KEYS), lambda *_: fake_serving())
    reached = {(status, route) for rows in ROWS.values() for status, route, _ in rows}
    asked_for = {(status, route) for status, route in documented(app) if status in (401, 403)}
    assert set(documented(app)) == reached | asked_for
