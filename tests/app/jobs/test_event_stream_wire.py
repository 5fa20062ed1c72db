"""Events over real connections to the real service, of a job whose worker is the test."""

import contextlib
import http.client
import json
import shutil
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.jobs.ledger import Ledger
from app.jobs.store import JobStore
from app.storage.database import Database
from tests.app.jobs.orders import ORDER
from tests.app.jobs.retraining import HEADERS, KEY
from tests.app.process import client_of, started

LONGEST_S = 180


def start(folder, toy_models, database_url=None, **values):
    """A service whose jobs nobody runs, with a data folder of its own."""
    shutil.copytree(toy_models, folder / "models")
    values |= {} if database_url is None else {"DATABASE_URL": database_url}
    return started(folder, DATA=folder, ADMIN_KEYS=KEY, WORKER="none", ROOT_PATH="", **values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def service(folder, toy_models):
    with start(folder, toy_models, STREAM_IDLE_S=1) as service:
        service.wait_until_ready()
        yield service
        assert "ERROR" not in service.log()
        assert "Traceback" not in service.log()


class Running:
    """A job that this process pretends to run."""

    def __init__(self, database):
        self.ledger = Ledger(database, "the test")
        self.id = JobStore(database).submit(ORDER, None)[0].id
        self.path = f"/jobs/{self.id}/events"
        self.ledger.claim(self.id)

    def tell(self, epoch, **more):
        self.ledger.heartbeat(self.id, {"epoch": epoch, **more})

    def end(self):
        self.ledger.finish(self.id, "succeeded", result={"version": 2})


@pytest.fixture
def job(service, folder):
    with contextlib.closing(Database(folder)) as database:
        job = Running(database)
        yield job
        job.end()


@contextlib.contextmanager
def watching(service, job, **headers):
    """A connection whose response is an event stream."""
    address = urlsplit(service.url)
    with contextlib.closing(
        http.client.HTTPConnection(address.hostname, address.port, timeout=LONGEST_S)
    ) as connection:
        connection.request("GET", job.path, headers=HEADERS | headers)
        response = connection.getresponse()
        assert response.status == 200
        yield response


def next_event(response):
    """The id, the kind and the data of the next event; None at the end."""
    fields: dict[str, str] = {}
    while line := response.readline():
        if line == b"\n" and fields:
            return int(fields["id"]), fields["event"], json.loads(fields["data"])
        name, separator, value = line.decode().rstrip("\n").partition(": ")
        if name and separator:
            fields[name] = value
    assert not fields
    return None


def all_events(response):
    return list(iter(lambda: next_event(response), None))


def test_events_arrive_as_they_happen_and_the_stream_ends_with_the_job(service, job):
    with watching(service, job) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert [next_event(response)[2]["state"] for _ in range(2)] == ["queued", "running"]
        for epoch in (1, 2, 3):
            job.tell(epoch)
            assert next_event(response)[1:] == ("progress", {"epoch": epoch})
        job.end()
        assert next_event(response)[1:] == ("state", {"state": "succeeded", "version": 2})
        assert next_event(response) is None


def test_a_stream_that_was_cut_goes_on_where_it_was(service, job):
    seen: list[Any] = []
    for epoch in range(5):
        job.tell(epoch)
        headers = {"Last-Event-ID": str(seen[-1][0])} if seen else {}
        with watching(service, job, **headers) as response:
            seen.append(next_event(response))
    job.end()
    with watching(service, job, **{"Last-Event-ID": str(seen[-1][0])}) as response:
        seen += all_events(response)
    with watching(service, job) as response:
        assert seen == all_events(response)


def test_many_watch_one_job_and_each_sees_all_of_it(service, job):
    received = {}

    def watch(number):
        with watching(service, job) as response:
            received[number] = [event[1:] for event in all_events(response)]

    threads = [threading.Thread(target=watch, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for epoch in range(3):
        job.tell(epoch)
    job.end()
    for thread in threads:
        thread.join()
    assert len(received) == 30
    assert all(events == received[0] for events in received.values())
    assert len(received[0]) == 6


def test_one_who_does_not_read_loses_the_connection_and_holds_up_nobody(service, job):
    with watching_slowly(service, job) as slow, watching(service, job) as other:
        for epoch in range(40):
            job.tell(epoch, note="x" * 200_000)
        job.end()
        events = all_events(other)
        assert len(events) == 43
        service.wait_for("did not read")
        received = b"".join(iter(lambda: slow.recv(1 << 20), b""))
        assert len(received) < 8_000_000
        assert not received.endswith(b"0\r\n\r\n")


@contextlib.contextmanager
def watching_slowly(service, job):
    """A connection that asks for the events, has little room for them, and does not read them."""
    address = urlsplit(service.url)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(LONGEST_S)
        connection.connect((address.hostname, address.port))
        connection.sendall(f"GET {job.path} HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\n\r\n".encode())
        yield connection


def test_watchers_that_leave_make_room_for_others(service, job):
    """More than may watch at a time, one after the other."""
    for _ in range(110):
        with watching(service, job) as response:
            assert next_event(response) is not None
    with watching(service, job) as response:
        job.end()
        assert len(all_events(response)) == 3


def test_those_who_watch_do_not_hold_up_the_end(tmp_path, toy_models, database, database_url):
    with start(tmp_path, toy_models, database_url, DRAIN_TIMEOUT_S=600) as service:
        service.wait_until_ready()
        job = Running(database)
        for epoch in range(40):
            job.tell(epoch, note="x" * 200_000)
        with watching(service, job) as response, watching_slowly(service, job):
            assert next_event(response)[1] == "state"
            service.terminate()
            events = all_events(response)
            assert service.exit_code() == 0
        assert events[-1][1] != "state"
        assert "Traceback" not in service.log()


def test_a_request_and_its_job_go_over_the_wire(service, folder):
    with client_of(service) as client:
        refused = client.post("/retrain", json={"dataset": "none"}, headers=HEADERS)
        assert refused.status_code == 422
        assert "there are: none; upload one" in refused.json()["detail"]
        options = client.get("/retrain/options", headers=HEADERS).json()
        assert options["training"]["available"]
        assert options["limits"]["epochs"] == [1, 200]
