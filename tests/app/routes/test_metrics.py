import asyncio
import random
import re

import pytest

from app.application import create_app
from app.metrics.requests import UNMATCHED
from app.statistics import Statistics
from app.storage.database import Database
from app.storage.tables import Job
from tests.app.fakes import FakeEngine, client_of, fake_serving, running, settings
from tests.app.metrics.scraping import labelled, open_samples, samples, value
from tests.app.process import ROOT

ADMIN = "a" * 20
GONE = "postgresql://somebody:secret@127.0.0.1:1/name"
FAMILIES = """
tercet_batch_size histogram
tercet_build_info gauge
tercet_compute_seconds histogram
tercet_confidence summary
tercet_connections gauge
tercet_database_up gauge
tercet_drift_psi gauge
tercet_drift_texts gauge
tercet_feedback_total counter
tercet_jobs_open gauge
tercet_jobs_total counter
tercet_model_info gauge
tercet_predictions_total counter
tercet_process_restarts_total counter
tercet_processes gauge
tercet_queue_depth gauge
tercet_queue_seconds histogram
tercet_request_duration_seconds histogram
tercet_requests_total counter
tercet_swaps_total counter
tercet_tokenize_seconds histogram
tercet_tokens_total counter
"""


async def scrape(client, **headers):
    response = await client.get("/metrics", headers=headers)
    assert response.status_code == 200, response.text
    return response


def scraped(*requests, **values):
    """The samples after some requests, each a method, a path and a body."""

    async def main():
        async with running(**values) as (_, client):
            for method, path, *body in requests:
                await client.request(method, path, content=body[0] if body else None)
            return samples((await scrape(client)).text)

    return asyncio.run(main())


def test_every_family_has_its_type(tmp_path):
    async def main():
        async with running(data=tmp_path) as (_, client):
            return (await scrape(client)).text

    lines = asyncio.run(main()).splitlines()
    types = sorted(line.removeprefix("# TYPE ") for line in lines if line.startswith("# TYPE "))
    assert types == FAMILIES.split("\n")[1:-1]


def test_every_family_is_in_the_guide_and_nothing_else():
    guide = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `(tercet_\w+)(?:\{.*?\})?` \| (\w+) \|", guide, re.MULTILINE)
    assert sorted(f"{name} {kind}" for name, kind in table) == FAMILIES.split("\n")[1:-1]


def test_requests_are_counted_by_route_method_and_status(tmp_path):
    found = scraped(
        ("POST", "/predict", b'{"text": "one"}'),
        ("POST", "/predict", b'{"texts": ["one", "two three", "what"]}'),
        ("POST", "/predict", b"{}"),
        ("POST", "/predict", b"no JSON"),
        ("DELETE", "/predict"),
        ("GET", "/models/1"),
        ("GET", "/models/12345"),
        ("GET", "/no/such/path?token=secret"),
        ("GET", "/static/docs/no-such-file.js"),
        ("BREW", "/health/live"),
        data=tmp_path,
    )
    assert labelled(found, "tercet_requests_total") == {
        ("POST", "/predict", "200"): 2,
        ("POST", "/predict", "422"): 1,
        ("POST", "/predict", "400"): 1,
        ("DELETE", "/predict", "405"): 1,
        ("GET", "/models/{version}", "404"): 2,
        ("GET", "unmatched", "404"): 1,
        ("GET", "/static/docs/{path}", "404"): 1,
        ("other", "/health/live", "405"): 1,
    }
    assert value(found, "tercet_request_duration_seconds_count", route="/predict") == 5
    assert value(found, "tercet_request_duration_seconds_bucket", route="/predict", le="+Inf") == 5
    assert value(found, "tercet_request_duration_seconds_sum", route="/predict") > 0
    for of in ("tokenize", "queue"):
        assert value(found, f"tercet_{of}_seconds_count") == 2
    assert value(found, "tercet_compute_seconds_count") == value(found, "tercet_batch_size_count") == 2
    assert value(found, "tercet_batch_size_sum") == 4
    assert [value(found, "tercet_batch_size_bucket", le=le) for le in ("1.0", "2.0", "4.0", "+Inf")] == [1, 1, 2, 2]


def test_what_was_predicted_is_counted_by_label_with_its_words_and_its_confidence(tmp_path):
    # The fake network takes one and what it does not know for few, two and three for many.
    found = scraped(
        ("POST", "/predict", b'{"texts": ["one", "two three", "what is"]}'),
        ("POST", "/predict", b'{"text": "three"}'),
        ("POST", "/predict/stream", b'{"text": "three"}\n{"text": "one"}\n'),
        data=tmp_path,
    )
    assert labelled(found, "tercet_predictions_total") == {("few",): 3, ("many",): 3}
    assert labelled(found, "tercet_tokens_total") == {("true",): 6, ("false",): 2}
    assert value(found, "tercet_confidence_count") == 6
    assert value(found, "tercet_confidence_sum") == pytest.approx(0.5 + 0.75 + 1 + 0.75 + 0.75 + 0.5)
    assert value(found, "tercet_model_info", name="fake", version="7") == 1
    assert value(found, "tercet_drift_texts") == 6
    assert value(found, "tercet_queue_depth") == 0


def test_the_error_of_a_network_and_a_full_queue_are_counted_as_they_are_answered(tmp_path):
    engine = FakeEngine()
    engine.error = RuntimeError("broken")

    async def main():
        async with running(lambda *_: fake_serving(engine), data=tmp_path, queue_limit=1) as (service, client):
            assert (await client.post("/predict", json={"text": "one"})).status_code == 500
            service.classifier._admission.take(1)
            assert (await client.post("/predict", json={"text": "one"})).status_code == 429
            service.drain()
            assert (await client.post("/predict", json={"text": "one"})).status_code == 503
            return samples((await scrape(client)).text)

    found = asyncio.run(main())
    assert labelled(found, "tercet_requests_total") == {
        ("POST", "/predict", status): 1 for status in ("429", "500", "503")
    }
    assert value(found, "tercet_predictions_total", label="few") == 0


def test_texts_that_wait_are_the_depth_of_the_queue(tmp_path):
    engine = FakeEngine()
    engine.open.clear()

    async def main():
        async with running(lambda *_: fake_serving(engine), data=tmp_path) as (_, client):
            waiting = asyncio.ensure_future(client.post("/predict", json={"texts": ["one", "two"]}))
            await asyncio.to_thread(engine.started.wait, 10)
            during = samples((await scrape(client)).text)
            engine.open.set()
            await waiting
            return during, samples((await scrape(client)).text)

    during, after = asyncio.run(main())
    assert value(during, "tercet_queue_depth") == 2
    assert value(after, "tercet_queue_depth") == 0


def test_open_metrics_has_the_same_samples(tmp_path):
    async def main():
        async with running(data=tmp_path) as (_, client):
            await client.post("/predict", json={"text": "one"})
            await scrape(client)
            service = client._transport.app.state.service
            service.statistics.exchanged = lambda *_: None  # so that both scrapes see the same
            plain = await scrape(client, Accept="text/plain")
            openly = await scrape(client, Accept="application/openmetrics-text; version=1.0.0")
            return plain, openly

    plain, openly = asyncio.run(main())
    assert plain.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert openly.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")
    assert openly.text.endswith("# EOF\n")
    assert open_samples(openly.text) == samples(plain.text)


HOSTILE = (
    "/jobs/{}",
    "/models/{}",
    "/y{}",
    "/predict/{}",
    "/static/docs/{}",
    "/datasets/{}",
    "/x//{}",
    "/v2/models/{}/infer",
    "/v2/models/fake/versions/{}/infer",
    "/v1/models/{}:predict",
    "/v1/models/fake/versions/{}:classify",
)


def test_a_thousand_hostile_requests_leave_few_series(tmp_path):
    random.seed(7)
    letters = "abcXYZ019-._~!$&'()*+,;=:@%2F/{}\u00e9\u4e2d"
    names = ["".join(random.choices(letters, k=30)) + str(number) for number in range(1000)]
    methods = ("GET", "POST")
    requests = [
        (f"M{number}" if number % 3 else methods[number % 2], HOSTILE[number % len(HOSTILE)].format(name), b"{}")
        for number, name in enumerate(names)
    ]
    found = scraped(*requests, data=tmp_path)
    counted = labelled(found, "tercet_requests_total")
    assert sum(counted.values()) == 1000
    routes = {route for _, route, _ in counted}
    assert routes - set(create_app(settings(data=tmp_path)).openapi()["paths"]) <= {UNMATCHED, "/static/docs/{path}"}
    assert {method for method, _, _ in counted} == {"GET", "POST", "other"}
    assert len(counted) < 60
    assert len(labelled(found, "tercet_request_duration_seconds_count")) == len(routes) < 20


def test_processes_add_up_whichever_one_is_asked(tmp_path):
    memory = bytearray(2 * len(Statistics()._table) * 8)
    here, elsewhere = Statistics(memory, 0), Statistics(memory, 1)
    elsewhere.exchanged("/predict", "POST", 200, 0.0015)
    elsewhere.serves(8, ("many", "few"))
    elsewhere.predicted(8, ("many", "few"), [0], confidence=0.5, known=1, words=1)

    async def main():
        app = create_app(settings(data=tmp_path), lambda *_: fake_serving(), here)
        async with app.router.lifespan_context(app), client_of(app) as client:
            await app.state.service.loaded()
            await client.post("/predict", json={"text": "three"})
            return samples((await scrape(client)).text)

    found = asyncio.run(main())
    assert labelled(found, "tercet_requests_total") == {("POST", "/predict", "200"): 2}
    assert labelled(found, "tercet_predictions_total") == {("few",): 0, ("many",): 2}
    assert labelled(found, "tercet_model_info") == {("fake", "7"): 1, ("fake", "8"): 1}
    assert value(found, "tercet_processes") == 2


def test_a_database_that_is_gone_fails_no_scrape(tmp_path):
    found = scraped(data=tmp_path, database_url=GONE)
    assert value(found, "tercet_database_up") == 0
    assert labelled(found, "tercet_jobs_total") == labelled(found, "tercet_jobs_open") == {}
    assert value(found, "tercet_processes") == 1


def test_jobs_are_those_of_the_database(tmp_path):
    database = Database(tmp_path)
    with database.write() as session:
        states = ("succeeded", "succeeded", "cancelled", "running")
        session.add_all(Job(id=str(number), state=state, request={}) for number, state in enumerate(states))
    database.close()
    found = scraped(data=tmp_path)
    assert labelled(found, "tercet_jobs_open") == {("queued",): 0, ("running",): 1}
    assert labelled(found, "tercet_jobs_total") == {("succeeded",): 2, ("failed",): 0, ("cancelled",): 1}
    assert value(found, "tercet_database_up") == 1


def test_a_setting_says_who_may_read_them(tmp_path):
    def statuses(**values):
        async def main():
            async with running(data=tmp_path, admin_keys=(ADMIN,), api_keys=("c" * 20,), **values) as (_, client):
                keys: list[dict[str, str]] = [{}, {"X-API-Key": "c" * 20}, {"Authorization": f"Bearer {ADMIN}"}]
                return [(await client.get("/metrics", headers=key)).status_code for key in keys]

        return asyncio.run(main())

    assert statuses() == [200, 200, 200]
    assert statuses(metrics="key") == [401, 403, 200]
    assert statuses(metrics="off") == [404, 404, 404]


def test_openapi_says_so():
    def operation(**values):
        return create_app(settings(**values)).openapi()["paths"].get("/metrics", {}).get("get")

    assert set(operation()["responses"]["200"]["content"]) == {"text/plain", "application/openmetrics-text"}
    assert "security" not in operation()
    assert operation(metrics="key")["security"]
    assert operation(metrics="off") is None
