"""What clients see of a service that ends: none of them loses a request that it has sent."""

import concurrent.futures
import contextlib
import http.client
import signal
import threading
import time
from urllib.parse import urlsplit

import pytest

from tests.app.process import client_of, started
from tests.app.wire import BODY, connection, exchange, predict, read_to_end, request, statuses

DELAY_S = 1.5
CLIENTS = 8


@contextlib.contextmanager
def serving(folder, toy_models, **variables):
    with started(folder, DATA=toy_models.parent, **variables) as service:
        service.wait_for("All 2 workers are ready" if variables.get("WORKERS") == 2 else "Ready: ")
        yield service


def in_good_order(service):
    return service.exit_code() == 0 and "Traceback" not in service.log() and "ERROR" not in service.log()


@pytest.fixture(params=[1, 2], ids=["one process", "two"])
def delayed(request, tmp_path, toy_models):
    with serving(tmp_path, toy_models, WORKERS=request.param, DRAIN_DELAY_S=DELAY_S) as service:
        yield service


def asked(service, path):
    """The answer to GET on a connection that only now begins."""
    return exchange(service, request("Host: x", "Connection: close", line=f"GET {path} HTTP/1.1", body=b""))


def wait_until_not_ready(service):
    while statuses(not_ready := asked(service, "/health/ready")) == [200]:
        time.sleep(0.01)
    return not_ready


def test_for_a_while_requests_are_answered_as_before_though_ready_fails(delayed):
    with connection(delayed) as kept, connection(delayed) as other:
        for each in (kept, other):
            each.sendall(predict())
            assert each.recv(65_536).startswith(b"HTTP/1.1 200 ")
        delayed.terminate()
        not_ready = wait_until_not_ready(delayed)
        kept.sendall(predict())
        other.sendall(predict() * 5)
        last, five, fresh = read_to_end(kept), read_to_end(other), exchange(delayed, predict())
        live, v2 = asked(delayed, "/health/live"), asked(delayed, "/v2/health/ready")
        delayed.terminate()  # a second one changes nothing
    assert b"shutting down" in not_ready
    assert statuses(last) == statuses(fresh) == statuses(live) == [200]
    assert statuses(five) == [200] * 5
    assert statuses(not_ready) == statuses(v2) == [503]
    for answers in (last, five, fresh):
        assert answers.count(b"connection: close") == 1
    assert in_good_order(delayed)


class Asking:
    """Clients that ask until the port is closed; each says how a request of its own ended otherwise than answered."""

    def __init__(self, service):
        self._address = urlsplit(service.url)
        self.begun = threading.Event()
        self.statuses = []

    def fresh(self):
        """A connection for each request."""
        lost: list[str] = []
        while True:
            try:
                with self._connected() as client:
                    self._ask(client)
            except ConnectionRefusedError:
                return lost
            except (OSError, http.client.HTTPException) as error:
                lost.append(repr(error))

    def kept(self):
        """One connection for as long as the service keeps it."""
        lost: list[str] = []
        while True:
            try:
                with self._connected() as client:
                    while self._ask(client):
                        pass
            except ConnectionRefusedError:
                return lost
            except (OSError, http.client.HTTPException) as error:
                lost.append(repr(error))

    @contextlib.contextmanager
    def _connected(self):
        client = http.client.HTTPConnection(self._address.hostname, self._address.port, timeout=30)
        with contextlib.closing(client):
            client.connect()
            yield client

    def _ask(self, client):
        """Whether the connection stays open."""
        client.request("POST", "/predict", BODY)
        response = client.getresponse()
        response.read()
        self.statuses.append(response.status)
        self.begun.set()
        return not response.will_close


@pytest.mark.parametrize("workers", [1, 2])
def test_no_connection_is_reset_with_a_request_on_it_when_the_port_closes(tmp_path, toy_models, workers):
    with serving(tmp_path, toy_models, WORKERS=workers) as service:
        asking = Asking(service)
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            lost = [pool.submit(each) for each in (asking.fresh, asking.kept) * (CLIENTS // 2)]
            assert asking.begun.wait(30)
            time.sleep(0.3)
            service.terminate()
            assert [each.result() for each in lost] == [[]] * CLIENTS
        assert set(asking.statuses) <= {200, 503}
        assert in_good_order(service)


def test_a_head_that_is_under_way_when_the_end_begins_is_waited_for_and_answered(tmp_path, toy_models):
    variables = {"DRAIN_DELAY_S": 600, "DRAIN_TIMEOUT_S": 1200}  # of which an interrupt knows nothing
    with (
        serving(tmp_path, toy_models, **variables) as service,
        connection(service) as slow,
        connection(service) as silent,
    ):
        slow.sendall(predict()[:30])
        with client_of(service) as client:
            client.get("/health/live")
        service.process.send_signal(signal.SIGINT)
        assert read_to_end(silent) == b""  # closed after its last chance, and not reset
        slow.sendall(predict()[30:])
        assert statuses(read_to_end(slow)) == [503]
        assert in_good_order(service)


def test_a_stream_is_told_at_the_end_of_the_delay_and_ends_in_good_order(tmp_path, toy_models):
    line = b'{"text": "calm"}\n'
    head = b"POST /predict/stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(tmp_path, toy_models, DRAIN_DELAY_S=DELAY_S) as service, connection(service) as stream:
        stream.sendall(head + b"%x\r\n%s\r\n" % (len(line), line))
        said = stream.recv(65_536)
        service.terminate()
        wait_until_not_ready(service)
        stream.sendall(b"%x\r\n%s\r\n" % (len(line), line))  # in the delay
        said += read_to_end(stream)
        assert said.count(b'"label"') == 2
        assert b"shutting down" in said
        assert said.endswith(b"0\r\n\r\n")
        assert in_good_order(service)
