"""Streams over real connections to the real service: what a client may do wrong, and what is left of it afterwards."""

import contextlib
import http.client
import json
import socket
import subprocess
import threading
import time
from urllib.parse import urlsplit

import pytest

from tests.app.process import client_of, started

LINE = b'{"text": "a storm came over the sea"}\n'
MANY = 100 * LINE
LONGEST_S = 180


@pytest.fixture(scope="module")
def service(tmp_path_factory, toy_models):
    with started(tmp_path_factory.mktemp("service"), DATA=toy_models.parent, LOG_LEVEL="info") as service:
        service.wait_until_ready()
        yield service
        assert "ERROR" not in service.log()
        assert "Traceback" not in service.log()


@pytest.fixture(scope="module")
def impatient(tmp_path_factory, toy_models):
    """A service that waits a second for its clients."""
    with started(tmp_path_factory.mktemp("impatient"), DATA=toy_models.parent, STREAM_IDLE_S=1) as service:
        service.wait_until_ready()
        yield service
        assert "ERROR" not in service.log()
        assert "Traceback" not in service.log()


class Client:
    """A stream in the making: chunks of lines go out, answers come in, in any order that a test likes."""

    def __init__(self, service, *headers):
        address = urlsplit(service.url)
        self.connection = http.client.HTTPConnection(address.hostname, address.port, timeout=LONGEST_S)
        self.begin(*headers)

    def begin(self, *headers):
        self.connection.putrequest("POST", "/predict/stream")
        for name, value in (("Transfer-Encoding", "chunked"), *headers):
            self.connection.putheader(name, value)
        self.connection.endheaders()

    @property
    def socket(self):
        return self.connection.sock

    def send(self, lines):
        self.socket.sendall(b"%x\r\n%b\r\n" % (len(lines), lines))

    def end(self):
        self.socket.sendall(b"0\r\n\r\n")

    def send_all(self, chunks):
        """In a thread, since whoever reads nothing while he writes is made to wait."""

        def send():
            with contextlib.suppress(OSError):  # the service has ended the stream
                for chunk in chunks:
                    self.send(chunk)
                self.end()

        sender = threading.Thread(target=send)
        sender.start()
        return sender

    def send_for_ever(self):
        while True:
            self.send(MANY)

    def send_until_blocked(self):
        """How many bytes it takes until no more are taken for a while."""
        self.socket.settimeout(0.5)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while True:
                self.send(MANY)
                sent += len(MANY)
        return sent

    def response(self):
        return self.connection.getresponse()


@contextlib.contextmanager
def client_to(service, *headers):
    client = Client(service, *headers)
    with contextlib.closing(client.connection):
        yield client


def statistics(service):
    with client_of(service) as client:
        return client.get("/statistics").json()


def wait_until_nothing_waits(service):
    deadline = time.monotonic() + LONGEST_S
    while (texts := statistics(service)["texts"])["waiting"]:
        assert time.monotonic() < deadline, texts
        time.sleep(0.02)


def resident_mb(service):
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(service.process.pid)], capture_output=True, check=True)
    return int(done.stdout) / 1024


def test_a_line_is_answered_while_the_next_one_is_not_yet_sent(service):
    with client_to(service) as client:
        response = client.response()  # the head of the answer does not wait for a line either
        assert (response.status, response.headers["content-type"]) == (200, "application/x-ndjson")
        for _ in range(3):
            client.send(LINE)
            assert json.loads(response.readline())["tokens"]["total"] == 6
        client.end()
        assert response.read() == b""


def test_the_connection_stays_open_for_the_next_request(service):
    with client_to(service) as client:
        address = client.socket.getsockname()
        client.send(LINE[:10])
        response = client.response()  # begins before the request has ended
        assert "connection" not in response.headers
        client.send(LINE[10:] + MANY)
        client.end()
        assert len(response.read().splitlines()) == 101
        client.begin()
        client.end()
        assert client.response().read() == b""
        client.connection.request("POST", "/predict", LINE)
        assert client.response().status == 200
        assert client.socket.getsockname() == address


def test_a_client_that_asks_first_is_told_to_go_on(service):
    with client_to(service, ("Expect", "100-continue")) as client:
        assert client.socket.recv(65_536).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        client.send(LINE)
        client.end()
        received = b""
        while not received.endswith(b"0\r\n\r\n"):
            received += client.socket.recv(65_536)
        assert received.count(b'"label"') == 1


def test_streams_at_once_each_get_their_own_answers_in_order(service):
    def exchange(client, count, received):
        words = [1 + (count + n) % 7 for n in range(2000)]
        sender = client.send_all(b'{"text": "%b"}\n' % b" ".join([b"sea"] * words[n]) for n in range(2000))
        totals = [json.loads(line)["tokens"]["total"] for line in client.response()]
        sender.join()
        received[count] = totals == words

    received: dict[int, bool] = {}
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(client_to(service)) for _ in range(12)]
        threads = [threading.Thread(target=exchange, args=(c, n, received)) for n, c in enumerate(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert received == dict.fromkeys(range(12), True)


def test_memory_is_flat_over_300_000_lines_and_every_line_has_its_answer(service):
    with client_to(service) as client:
        sender = client.send_all(MANY for _ in range(3_000))
        answered, resident = 0, []
        response = client.response()
        while part := response.read1(1 << 16):
            before, answered = answered, answered + part.count(b"\n")
            if before // 50_000 != answered // 50_000:
                resident.append(resident_mb(service))
        sender.join()
    assert answered == 300_000
    assert len(resident) == 6
    assert max(resident) - resident[0] < 16, resident


def test_a_client_that_writes_without_reading_is_held_up_and_costs_little(service):
    before = resident_mb(service)
    with client_to(service) as client:
        sent = client.send_until_blocked()
        assert resident_mb(service) - before < 16
        wait_until_nothing_waits(service)
    assert sent < 50_000_000


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"5",
        b'25\r\n{"text": "half',
        b'e\r\n{"text": "half\r\n',
        b"%x\r\n%b\r\n" % (len(MANY), MANY),
        b"%x\r\n%b\r\n" % (len(MANY), MANY) * 20,
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(MANY), MANY) * 20,
    ],
)
@pytest.mark.parametrize("reset", [False, True])
def test_clients_that_leave_at_any_point_leave_nothing_behind(service, sent, reset):
    with client_to(service) as client:
        client.socket.sendall(sent)
        if reset:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    wait_until_nothing_waits(service)


def test_clients_that_leave_while_they_do_not_read_leave_nothing_behind(service):
    for _ in range(3):
        with client_to(service) as client:
            client.send_until_blocked()
    wait_until_nothing_waits(service)


def test_a_client_that_stops_reading_loses_its_connection(impatient):
    with client_to(impatient) as client:
        client.send_until_blocked()
        impatient.wait_for("read nothing for 1 s")
        client.socket.settimeout(LONGEST_S)
        with pytest.raises(ConnectionError):
            client.send_for_ever()
    wait_until_nothing_waits(impatient)


def test_a_client_that_falls_silent_is_told_and_its_connection_closed(impatient):
    with client_to(impatient) as client:
        client.send(LINE + b'{"text": "half')
        answer, last = client.response().read().splitlines()
        assert b'"label"' in answer
        assert json.loads(last)["error"]["status"] == 408
        assert client.socket is None or client.socket.recv(1) == b""
    wait_until_nothing_waits(impatient)


def test_a_service_that_ends_answers_what_has_come_and_says_so(tmp_path, toy_models):
    with started(tmp_path, DATA=toy_models.parent) as service:
        service.wait_until_ready()
        with client_to(service) as client:
            client.send(LINE * 3 + b'{"text": "half')
            response = client.response()
            assert len([response.readline() for _ in range(3)]) == 3
            service.terminate()
            error = json.loads(response.readline())["error"]
            assert (error["status"], error["line"]) == (503, 4)
            client.end()
            assert response.read() == b""
        assert service.exit_code() == 0
        assert "Traceback" not in service.log()


def test_a_client_that_never_stops_sending_does_not_hold_up_the_end(tmp_path, toy_models):
    with started(tmp_path, DATA=toy_models.parent, DRAIN_TIMEOUT_S=2) as service:
        service.wait_until_ready()
        with client_to(service) as client:
            sender = client.send_all(MANY for _ in range(1_000_000))
            response = client.response()
            assert b'"label"' in response.readline()
            service.terminate()
            first_error = next(line for line in iter(response.readline, b"") if b'"error"' in line)
            assert json.loads(first_error)["error"]["status"] == 503
            assert service.exit_code() == 0
            sender.join()
        assert "Traceback" not in service.log()
