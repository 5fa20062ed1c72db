import contextlib
import json
import shutil
import signal
import socket
import time
from urllib.parse import urlsplit

import pytest

from tests.app.process import client_of, started


def connect(service):
    address = urlsplit(service.url)
    return socket.create_connection((address.hostname, address.port), timeout=30)


def read_to_end(connection):
    return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_answered_and_the_process_ends_with_0(tmp_path, toy_models, ending):
    with started(tmp_path, DATA=toy_models.parent) as service:
        service.wait_until_ready()
        body = b'{"text": "a storm came over the sea"}'
        with connect(service) as slow:
            head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            slow.sendall(head.encode() + body[:10])
            wait_until_admitted(service)
            service.process.send_signal(ending)
            wait_until_refused(service)
            slow.sendall(body[10:])
            answer = read_to_end(slow)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"connection: close" in answer
        assert service.exit_code() == 0
        assert "Traceback" not in service.log()


def test_all_that_is_queued_is_answered_before_the_process_ends(tmp_path, toy_models):
    body = json.dumps({"texts": ["a storm came over the sea"] * 4_000}).encode()
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with started(tmp_path, DATA=toy_models.parent, QUEUE_LIMIT=10_000) as service:
        service.wait_until_ready()
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(connect(service)) for _ in range(12)]
            for connection in connections:
                connection.sendall(head + body[:-1])
            for connection in connections:
                connection.sendall(body[-1:])
            unanswered = wait_until_accepted(service, len(connections))
            service.terminate()
            answers = [read_to_end(connection) for connection in connections]
        assert unanswered > len(connections) // 2
        for answer in answers:
            status, _, content = answer.partition(b"\r\n\r\n")
            assert status.startswith(b"HTTP/1.1 200 OK\r\n")
            assert len(json.loads(content)["predictions"]) == 4_000
        assert service.exit_code() == 0
        assert "Traceback" not in service.log()


def test_a_request_that_never_ends_does_not_hold_the_end_up_for_ever(tmp_path, toy_models):
    with started(tmp_path, DATA=toy_models.parent, DRAIN_TIMEOUT_S=1) as service:
        service.wait_until_ready()
        with connect(service) as stalled:
            stalled.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            wait_until_admitted(service)
            service.terminate()
            assert service.exit_code() == 0
            assert read_to_end(stalled).startswith(b"HTTP/1.1 503 ")
        assert "Traceback" not in service.log()


def test_a_signal_while_the_model_loads_ends_the_process_with_0(tmp_path, toy_models):
    with started(tmp_path, DATA=toy_models.parent) as service:
        with client_of(service) as client:
            assert client.get("/health/live").status_code == 200
        service.terminate()
        assert service.exit_code() == 0
        assert "Traceback" not in service.log()


def test_without_a_model_the_process_stays_up_where_a_setting_says_so(tmp_path, toy_models):
    shutil.copytree(toy_models, tmp_path / "var" / "models")
    (tmp_path / "var" / "models" / "toy" / "1" / "saved_model.pb").unlink()
    with started(tmp_path, STAY_UP_WITHOUT_MODEL="true") as service, client_of(service) as client:
        service.wait_for("Staying up without a model: var/models/toy/1: saved_model.pb is missing")
        assert client.get("/health/live").status_code == 200
        ready, refused = client.get("/health/ready"), client.post("/predict", json={"text": "calm"})
        for response in (ready, refused):
            assert (response.status_code, response.headers["retry-after"]) == (503, "2")
            assert "saved_model.pb is missing" in response.json()["detail"]
        assert "Traceback" not in service.log()
        service.terminate()
        assert service.exit_code() == 0


def wait_until_admitted(service):
    """Return once the service has taken what was sent so far: it answers requests in the order they come."""
    with client_of(service) as client:
        assert client.get("/health/live").status_code == 200


def wait_until_accepted(service, requests):
    """How many of `requests` wait for their answer at the moment when the last of them has been admitted."""
    deadline = time.monotonic() + 30
    with client_of(service) as client:
        while time.monotonic() < deadline:
            counted = client.get("/statistics").json()["requests"]
            if counted["accepted"] == requests:
                return counted["waiting"]
    raise AssertionError(f"not all were admitted: {counted}")


def wait_until_refused(service):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            connect(service).close()
        except OSError:
            return
        time.sleep(0.02)
    raise AssertionError("the service still listens")
