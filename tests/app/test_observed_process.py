"""What real processes write to standard error and send to a collector while they are asked all sorts of things."""

import json
import os
import socket
import time
from unittest import mock
from urllib.parse import urlsplit

import pytest

from tests.app.process import Service, client_of, run, started
from tests.app.tracing.collector import collecting

ADMIN = "an admin key that nobody may see"
SECRET = "zebrafish"
"""A word of every text that is sent."""
HOSTILE = b"\t\x85\xff\xe2\x80\xa8INFO forged"
"""Bytes that a header may have."""
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def lines_of(service: Service):
    """The log, each line of which has to be JSON."""
    return [json.loads(line) for line in service.log().splitlines()]


def lines_when(service, condition):
    """The lines for which it holds, once there is one: some are gathered for a moment."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if found := [line for line in lines_of(service) if condition(line)]:
            return found
        time.sleep(0.05)
    raise AssertionError(service.log())


@pytest.fixture(scope="module")
def collector():
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def service(tmp_path_factory, toy_models, collector):
    otel = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    shown = {"LOG_FORMAT": "json", "LOG_LEVEL": "debug", "ACCESS_LOG": "true", "ADMIN_KEYS": ADMIN}
    with (
        mock.patch.dict(os.environ, otel),
        started(tmp_path_factory.mktemp("observed"), DATA=toy_models.parent, **shown) as service,
    ):
        service.wait_until_ready()
        yield service


def ask_everything(client):
    text = f"a {SECRET} came over the sea"
    admin = {"Authorization": f"Bearer {ADMIN}"}
    stream = json.dumps({"text": text}).encode() + b"\n" + f'{{"text": "{SECRET}\n'.encode()
    yield client.post("/predict", json={"text": text})
    yield client.post("/predict", json={"texts": [text] * 200})
    yield client.post("/predict", json={"text": [text]})
    yield client.post("/predict", content=f'{{"text": "{SECRET}'.encode())
    yield client.post("/predict", json={"text": text, SECRET: text})
    yield client.post("/predict/stream", content=stream)
    yield client.post("/explain", json={"text": text})
    yield client.post("/explain", params={"detail": SECRET}, json={"text": text})
    yield client.post("/feedback", json={"text": text, "label": "calm"})
    yield client.post("/feedback", json={"text": text, "label": SECRET})
    yield client.get(f"/not/there/{SECRET}", params={"text": text})
    yield client.put("/datasets/toy", headers=admin, content=f"text,label\n{text},calm\n{text} 2,storm\n".encode())
    yield client.put("/datasets/toy2", headers=admin, content=f"{SECRET},label\n\x00{text}".encode())
    yield client.get("/jobs", headers={"X-API-Key": SECRET})
    yield client.post("/retrain", headers=admin, json={"dataset": SECRET, "preset": SECRET})
    yield client.get("/model", headers={"X-Request-ID": "known-1", "Traceparent": f"00-{TRACE}-{'1' * 16}-01"})


def test_no_text_and_no_key_gets_into_the_log(service):
    with client_of(service) as client:
        statuses = [answer.status_code for answer in ask_everything(client)]
    assert {200, 201, 400, 401, 404, 422} <= set(statuses)
    assert max(statuses) < 500
    lines_when(service, lambda line: line.get("request_id") == "known-1")
    assert SECRET not in service.log()
    assert ADMIN not in service.log()


def test_each_request_has_its_line(service, collector):
    with client_of(service) as client:
        answer = client.post("/predict", json={"text": "calm"}, headers={"Traceparent": f"00-{TRACE}-{'2' * 16}-01"})
    name = answer.headers["x-request-id"]
    (line,) = lines_when(service, lambda line: line.get("request_id") == name)
    span = collector.wait_for(lambda span: span.attributes.get("tercet.request_id") == name)
    assert (line["method"], line["route"], line["status"]) == ("POST", "/predict", 200)
    assert line["bytes"] == len(answer.content)
    assert (line["trace_id"], line["span_id"]) == (TRACE, span.span_id)
    assert line["duration_ms"] == pytest.approx((span.ended - span.began) / 1e6, abs=0.01)
    assert span.resource["process.pid"] == service.process.pid


def test_hostile_bytes_forge_no_line(service):
    address = urlsplit(service.url)
    head = b"GET /models/%0d%0a%1b%5b31mforged HTTP/1.1\r\nHost: x\r\nX-Request-ID: " + HOSTILE
    head += b'\r\nX-Forwarded-For: \x9b2J"},forged\r\nUser-Agent: ' + HOSTILE + b"\r\nConnection: close\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(head)
        answer = connection.makefile("rb").read()
    name = answer.partition(b"x-request-id: ")[2][:16].decode()
    (line,) = lines_when(service, lambda line: line.get("request_id") == name)
    assert line["route"] == "/models/{version}"
    assert service.log().isascii()
    assert all(line["logger"] != "forged" for line in lines_of(service))


def test_every_line_says_when_how_bad_and_who(service):
    for line in lines_of(service):
        assert line.keys() >= {"timestamp", "level", "logger", "message"}
        assert line["timestamp"].endswith("Z")
    assert {"app.server", "app.service", "uvicorn.error", "app.access"} <= {
        line["logger"] for line in lines_of(service)
    }


def test_nothing_is_lost_at_the_end(toy_models, tmp_path, collector):
    otel = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_TRACES_SAMPLER": "always_on"}
    shown = {"LOG_FORMAT": "json", "ACCESS_LOG": "true"}
    names = [f"last-{number}" for number in range(300)]
    with mock.patch.dict(os.environ, otel), started(tmp_path, DATA=toy_models.parent, **shown) as service:
        service.wait_until_ready()
        with client_of(service) as client:
            for name in names:
                client.post("/predict", json={"text": "calm"}, headers={"X-Request-ID": name})
        service.terminate()
        assert service.exit_code() == 0
        logged = [line["request_id"] for line in lines_of(service) if line["logger"] == "app.access"]
    assert logged == names
    sent = {span.attributes.get("tercet.request_id") for span in collector.spans}
    assert sent >= set(names)


def test_a_start_that_fails_says_so_in_the_same_form(tmp_path):
    done = run(cwd=tmp_path, DATA=tmp_path, MODEL="nobody", LOG_FORMAT="json", PORT=0)
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert lines[-1]["level"] == "CRITICAL"
    assert "nobody" in lines[-1]["message"]
    made = next(line for line in lines if "admin key" in line["message"])
    assert (tmp_path / "admin-key").read_text().strip() not in done.stderr
    assert str(tmp_path) in made["message"]


def test_traces_without_their_package_end_the_start_with_the_remedy(tmp_path):
    (tmp_path / "opentelemetry").mkdir()
    (tmp_path / "opentelemetry" / "__init__.py").write_text("")
    with mock.patch.dict(os.environ, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}):
        done = run(cwd=tmp_path, DATA=tmp_path / "var", PORT=0)
    assert done.returncode == 2
    assert "pip install 'tercet[otel]'" in done.stderr
