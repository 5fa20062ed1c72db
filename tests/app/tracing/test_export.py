"""Spans of the application, in this process, as a collector gets them."""

import asyncio
import logging
import os
import time

import pytest

from app import application
from app.tracing.context import below
from app.tracing.export import Export
from app.tracing.jobs import JobTraces, variables
from app.tracing.record import Part, Record
from tests.app.fakes import FakeEngine, fake_serving, running
from tests.app.tracing.collector import collecting

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLER = {"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "rojo=1,congo=2"}
SERVER, CONSUMER = 2, 5


@pytest.fixture
def collector(monkeypatch):
    with collecting() as started:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", started.url)
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
        yield started


def send(*requests, engine=None, **values):
    """The responses to `requests`; what they did has been sent when this returns."""

    async def main():
        load = lambda _settings, _version=None: fake_serving(engine or FakeEngine())  # noqa: E731
        async with running(load, **values) as (_, client):
            return [await client.request(method, path, **more) for method, path, more in requests]

    return asyncio.run(main())


def predict(**more):
    return "POST", "/predict", {"json": {"text": "one two"}, **more}


def test_below_a_request_are_its_stages_one_after_the_other(collector):
    before = time.time_ns()
    send(predict())
    server = collector.wait_for(lambda span: span.kind == SERVER)
    stages = collector.below(server)
    assert [span.name for span in stages] == ["tokenize", "queue", "compute"]
    assert {span.trace_id for span in stages} == {server.trace_id}
    moments = [before, server.began]
    for span in stages:
        moments += [span.began, span.ended]
    moments += [server.ended, time.time_ns()]
    assert moments == sorted(moments)
    assert stages[0].ended == stages[1].began
    assert stages[1].ended == stages[2].began


def test_a_span_says_what_was_asked_and_answered(collector):
    send(predict(headers={"X-Request-ID": "abc"}))
    server = collector.wait_for(lambda span: span.kind == SERVER)
    assert server.name == "POST /predict"
    assert not server.failed
    assert server.parent_id == ""
    assert (
        server.attributes.items()
        >= {
            "http.request.method": "POST",
            "http.route": "/predict",
            "http.response.status_code": 200,
            "url.path": "/predict",
            "url.scheme": "http",
            "network.protocol.version": "1.1",
            "client.address": "127.0.0.1",
            "tercet.request_id": "abc",
            "tercet.texts": 1,
            "tercet.model.name": "fake",
            "tercet.model.version": 7,
        }.items()
    )
    compute = collector.below(server)[2]
    assert compute.attributes.items() >= {"tercet.batch.size": 1, "tercet.model.version": 7}.items()
    assert server.resource.items() >= {"service.name": "tercet", "process.pid": os.getpid()}.items()
    assert server.resource["deployment.environment.name"] == "test"
    assert server.resource["service.version"]


def test_the_callers_span_is_the_parent(collector):
    (answer,) = send(predict(headers=CALLER))
    server = collector.wait_for(lambda span: span.kind == SERVER)
    assert (server.trace_id, server.parent_id, server.state) == (TRACE, SPAN, "rojo=1,congo=2")
    assert server.remote_parent
    assert answer.headers["traceresponse"] == f"00-{TRACE}-{server.span_id}-01"
    assert not any(span.remote_parent for span in collector.below(server))


@pytest.mark.parametrize("sent", ["nonsense", f"00-{'0' * 32}-{SPAN}-01", f"ff-{TRACE}-{SPAN}-01"])
def test_a_malformed_parent_is_none(collector, sent):
    (answer,) = send(predict(headers={"traceparent": sent, "tracestate": "a=1"}))
    assert answer.status_code == 200
    server = collector.wait_for(lambda span: span.kind == SERVER)
    assert (server.parent_id, server.state) == ("", "")
    assert server.trace_id != TRACE


def test_what_a_caller_does_not_sample_is_not_sent_and_is_in_the_log(collector):
    unsampled, sampled = send(predict(headers={"traceparent": f"00-{TRACE}-{SPAN}-00"}), predict())
    assert unsampled.headers["traceresponse"].startswith(f"00-{TRACE}-")
    assert unsampled.headers["traceresponse"].endswith("-00")
    collector.wait_for(lambda span: span.kind == SERVER)
    assert [span.trace_id for span in collector.spans if span.kind == SERVER] != [TRACE]
    assert len([span for span in collector.spans if span.kind == SERVER]) == 1
    assert sampled.headers["traceresponse"].endswith("-01")


def test_routes_are_patterns_and_defects_are_failures(collector):
    engine = FakeEngine()
    engine.error = RuntimeError("broken")
    send(("GET", "/models/x", {}), ("GET", "/not/there?text=secret", {}), predict(), engine=engine)
    models = collector.wait_for(lambda span: span.attributes["url.path"] == "/models/x")
    assert models.name == "GET /models/{version}"
    unknown = collector.wait_for(lambda span: span.attributes["url.path"] == "/not/there")
    assert unknown.name == "GET"
    assert "http.route" not in unknown.attributes
    assert not unknown.failed
    assert "secret" not in str(unknown.attributes)
    failed = collector.wait_for(lambda span: span.name == "POST /predict")
    assert failed.failed
    assert failed.attributes["error.type"] == "500"


def test_a_long_list_and_a_stream_have_their_stages_several_times(collector):
    lines = b'{"text": "one"}\n' * 5
    send(
        ("POST", "/predict", {"json": {"texts": ["one"] * 300}}),
        ("POST", "/predict/stream", {"content": lines}),
    )
    several = collector.wait_for(lambda span: span.name == "POST /predict")
    assert several.attributes["tercet.texts"] == 300
    assert [span.attributes["tercet.texts"] for span in collector.below(several) if span.name == "compute"] == [
        128,
        128,
        44,
    ]
    stream = collector.wait_for(lambda span: span.name == "POST /predict/stream")
    assert stream.attributes["tercet.texts"] == 5
    assert {span.name for span in collector.below(stream)} == {"tokenize", "queue", "compute"}


def record(trace=None, **values):
    defaults = {"attributes": {}, "parts": (Part("queue", 1.5, 1.6, {}),)}
    return Record("GET /", "server", trace or below(None, sampled=True), 1.0, 2.0, 0, **{**defaults, **values})


def test_what_does_not_fit_is_dropped_and_counted(collector, monkeypatch, caplog):
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "4")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2")
    caplog.set_level(logging.WARNING)
    collector.open.clear()
    export = Export()
    for _ in range(50):
        export.put(record())
    collector.open.set()
    export.stop(10)
    roots = [span for span in collector.spans if span.name == "GET /"]
    assert 4 <= len(roots) < 50
    assert f"{50 - len(roots)} requests are missing in the traces" in caplog.text


def test_a_collector_that_is_away_neither_harms_answers_nor_holds_up_the_end(monkeypatch):
    with collecting() as gone:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", gone.url)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    monkeypatch.setattr(application, "_FLUSH_S", 0.1)
    answers = send(*[predict(headers=CALLER)] * 20)
    assert [answer.status_code for answer in answers] == [200] * 20


def test_one_that_does_not_answer_is_left_at_the_end(collector):
    collector.open.clear()
    export = Export()
    export.put(record())
    export.stop(0.1)
    assert not collector.open.is_set()
    assert collector.spans == []


def test_a_job_goes_on_below_the_request_that_ordered_it(collector):
    export = Export()
    traces = JobTraces(lambda parent: parent is None or parent.sampled, export.put, export.stop)
    trace = traces.begin(CALLER["traceparent"])
    assert variables(trace) == {"TRACEPARENT": f"00-{TRACE}-{trace.span_id}-01"}
    traces.ended(trace, time.perf_counter(), {"tercet.job.id": "j"}, failed=True)
    traces.stop(10)
    span = collector.wait_for(lambda span: span.kind == CONSUMER)
    assert (span.name, span.trace_id, span.parent_id, span.failed) == ("train", TRACE, SPAN, True)
    assert span.attributes == {"tercet.job.id": "j"}
