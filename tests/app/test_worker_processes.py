"""Two real workers: how they share the port and the counters, and that neither is left behind."""

import concurrent.futures
import contextlib
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from urllib.parse import urlsplit

import pytest

from app.audience import TOLD_WITHIN_S
from tests.app.metrics.scraping import labelled, samples, value
from tests.app.process import LONGEST_END_S, client_of, run, started

BODY = b'{"text": "a storm came over the sea"}'
CONNECTIONS = 8


@contextlib.contextmanager
def two_workers(folder, toy_models, *arguments, **variables):
    """A service of two workers, both ready."""
    with started(folder, *arguments, **{"DATA": toy_models.parent, "WORKERS": 2, **variables}) as service:
        service.wait_for("All 2 workers are ready")
        yield service


@pytest.fixture(scope="module")
def service(tmp_path_factory, toy_models):
    """A service that several tests use, so they look at differences."""
    with two_workers(tmp_path_factory.mktemp("two"), toy_models) as service:
        yield service


def worker_ids(service):
    """The process ids of the workers that were started last, by their number."""
    return {int(number): int(pid) for number, pid in re.findall(r"Worker (\d) of 2 is process (\d+)", service.log())}


def processes():
    """The state of every process, by its id: Z for a zombie."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,stat="], capture_output=True, text=True, check=True)
    return {int(pid): state for pid, state in (line.split() for line in listing.stdout.splitlines())}


def wait_until(condition):
    deadline = time.monotonic() + LONGEST_END_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def gone(pids):
    return not processes().keys() & set(pids)


def statistics(service):
    with client_of(service) as client:
        return client.get("/statistics").json()


def difference(before, after, group, counter):
    return after[group][counter] - before[group][counter]


def metrics(service):
    """The samples that one of the workers gives, over a connection of its own, once the others have counted."""
    time.sleep(4 * TOLD_WITHIN_S)
    with client_of(service) as client:
        return samples(client.get("/metrics").text)


def counters(found):
    """The samples that may never fall."""
    endings = ("_total", "_count", "_sum", "_bucket")
    return {sample: count for sample, count in found.items() if sample[0].endswith(endings)}


def answered_by_metrics(found):
    return value(found, "tercet_requests_total", route="/predict", method="POST", status="200") or 0


def classify(service, requests):
    """How many requests were answered, a connection each, several at a time; any other answer is an error."""

    def classify_one(_):
        with client_of(service) as client:
            response = client.post("/predict", content=BODY)
        assert response.status_code == 200, response.text

    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        return sum(1 for _ in pool.map(classify_one, range(requests)))


class InFlight:
    """A request whose body is still missing a part."""

    def __init__(self, service):
        address = urlsplit(service.url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=LONGEST_END_S)
        head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\nExpect: 100-continue\r\n\r\n"
        self.socket.sendall(head.encode())
        assert self.socket.recv(100).startswith(b"HTTP/1.1 100 ")  # so a worker has begun to read the body
        self.socket.sendall(BODY[:10])

    def finish(self):
        """The answer, once the rest was sent."""
        self.socket.sendall(BODY[10:])
        return self.answer()

    def answer(self):
        with self.socket:
            return b"".join(iter(lambda: self.socket.recv(65_536), b""))


def wait_until_refused(service):
    """Return once nobody listens any more."""

    def refused():
        address = urlsplit(service.url)
        try:
            socket.create_connection((address.hostname, address.port), timeout=30).close()
        except OSError:
            return True
        return False

    wait_until(refused)


def test_each_worker_answers_and_the_totals_are_those_of_both(service):
    before, measured = statistics(service), metrics(service)
    answered = classify(service, 40)
    for stopped in worker_ids(service).values():
        os.kill(stopped, signal.SIGSTOP)
        answered += classify(service, 5)
        os.kill(stopped, signal.SIGCONT)
    for _ in range(4):
        totals = statistics(service)
        assert totals["processes"]["count"] == 2
        assert difference(before, totals, "requests", "accepted") == answered
        assert difference(before, totals, "requests", "answered") == answered
        assert difference(before, totals, "batches", "texts") == answered
        assert totals["texts"]["waiting"] == 0
        found = metrics(service)
        assert answered_by_metrics(found) - answered_by_metrics(measured) == answered
        for name in ("tercet_confidence_count", "tercet_tokenize_seconds_count", "tercet_batch_size_sum"):
            assert value(found, name) - value(measured, name) == answered
        assert value(found, "tercet_processes") == 2
        assert labelled(found, "tercet_model_info") == {("toy", "1"): 1}


def test_a_killed_worker_is_replaced_and_takes_no_connection_before_it_is_ready(service):
    first = statistics(service)
    answered = classify(service, 20)
    before, measured = worker_ids(service), [metrics(service)]
    os.kill(before[1], signal.SIGKILL)
    answered += classify(service, 20)
    measured.append(metrics(service))
    os.kill(before[2], signal.SIGSTOP)
    answered += classify(service, 1)  # waits for the new one, and is no 503
    os.kill(before[2], signal.SIGCONT)

    after = worker_ids(service)
    assert after[1] != before[1]
    assert after[2] == before[2]
    assert "ended by SIGKILL. Worker 1 starts again" in service.log()
    assert gone([before[1]])  # no zombie either
    answered += classify(service, 20)
    last = statistics(service)
    assert difference(first, last, "processes", "restarts") == 1
    assert difference(first, last, "requests", "answered") == answered
    measured.append(metrics(service))
    for earlier, later in itertools.pairwise(map(counters, measured)):
        assert {sample: later.get(sample) for sample, count in earlier.items() if later.get(sample, -1) < count} == {}
    assert answered_by_metrics(measured[2]) - answered_by_metrics(measured[0]) == answered - 20
    restarts = [value(found, "tercet_process_restarts_total") for found in measured]
    assert restarts[2] - restarts[0] == 1


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_flight_are_answered_and_every_process_ends(tmp_path, toy_models, ending):
    with two_workers(tmp_path, toy_models) as service:
        requests = [InFlight(service) for _ in range(CONNECTIONS)]
        os.killpg(service.process.pid, ending)  # as a terminal does
        wait_until_refused(service)
        for request in requests:
            assert request.finish().startswith(b"HTTP/1.1 200 OK\r\n")
        assert service.exit_code() == 0
        assert gone(worker_ids(service).values())
        assert "Traceback" not in service.log()


def test_a_second_interrupt_ends_all_at_once(tmp_path, toy_models):
    with two_workers(tmp_path, toy_models, DRAIN_TIMEOUT_S=600) as service:
        stalled = InFlight(service)
        os.killpg(service.process.pid, signal.SIGINT)
        wait_until_refused(service)
        os.killpg(service.process.pid, signal.SIGINT)
        assert service.exit_code() == 0
        assert gone(worker_ids(service).values())
        stalled.answer()


def test_workers_whose_parent_is_killed_answer_what_is_in_flight_and_end(tmp_path, toy_models):
    with two_workers(tmp_path, toy_models) as service:
        requests = [InFlight(service) for _ in range(CONNECTIONS)]
        service.process.kill()
        wait_until_refused(service)
        for request in requests:
            assert request.finish().startswith(b"HTTP/1.1 200 OK\r\n")
        wait_until(lambda: gone(worker_ids(service).values()))
        assert "Traceback" not in service.log()


def test_a_signal_while_the_first_worker_loads_ends_the_whole(tmp_path, toy_models):
    with started(tmp_path, DATA=toy_models.parent, WORKERS=2) as service:
        with client_of(service) as client:
            assert client.get("/health/live").status_code == 200
            assert client.get("/health/ready").status_code == 503
        service.terminate()
        assert service.exit_code() == 0
        assert gone(worker_ids(service).values())
        assert "Traceback" not in service.log()


def test_a_model_that_cannot_be_loaded_ends_the_whole_with_1_and_its_message_once(tmp_path, toy_models):
    shutil.copytree(toy_models, tmp_path / "var" / "models")
    (tmp_path / "var" / "models" / "toy" / "1" / "saved_model.pb").unlink()
    with started(tmp_path, "--workers", "2") as service:
        assert service.exit_code() == 1
        assert service.log().count("saved_model.pb is missing") == 1
        assert "Traceback" not in service.log()


def test_settings_that_only_a_worker_finds_wrong_end_the_whole_with_2_as_they_end_one_process(tmp_path, toy_models):
    for workers in ("1", "2"):
        ended = run(
            "--workers", workers, cwd=tmp_path, DATA=toy_models.parent, PORT=0, DATABASE_URL="mysql://nowhere/x"
        )
        assert ended.returncode == 2, ended.stderr
        assert ended.stderr.count("TERCET_DATABASE_URL") == 1
        assert "Traceback" not in ended.stderr


def test_without_a_model_one_worker_says_why_where_a_setting_says_to_stay_up(tmp_path, toy_models):
    shutil.copytree(toy_models, tmp_path / "var" / "models")
    (tmp_path / "var" / "models" / "toy" / "1" / "saved_model.pb").unlink()
    with started(tmp_path, WORKERS=2, STAY_UP_WITHOUT_MODEL="true") as service, client_of(service) as client:
        service.wait_for("Staying up without a model: var/models/toy/1: saved_model.pb is missing")
        assert client.get("/health/live").status_code == 200
        assert "saved_model.pb is missing" in client.post("/predict", content=BODY).json()["detail"]
        service.terminate()
        assert service.exit_code() == 0
