"""Clients that are slow, silent or too talkative, over real connections: they lose theirs, and no other does."""

import contextlib
import re
import socket
import time
from pathlib import Path

import pytest

from tests.app.process import client_of, started
from tests.app.wire import BODY, connection, exchange, predict, read_to_end, request, statuses

SLOW = 200
HEADER_S, BODY_S = 0.4, 0.6
LONG_S = 1.5
"""Longer than either by far, with the service's looking now and then."""


@pytest.fixture(scope="module")
def service(tmp_path_factory, toy_models):
    with started(
        tmp_path_factory.mktemp("service"),
        DATA=toy_models.parent,
        HEADER_TIMEOUT_S=HEADER_S,
        BODY_TIMEOUT_S=BODY_S,
        KEEP_ALIVE_S=1,
        MAX_CONNECTIONS=SLOW + 50,
    ) as service:
        service.wait_until_ready()
        yield service
        assert "Traceback" not in service.log()
        assert "ERROR" not in service.log()


def drip(connected, content):
    """Send a byte every 50 ms until the service has closed its side; what it said, and what is left of `content`."""
    connected.settimeout(0.05)
    said, left = b"", iter(content)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            part = connected.recv(65_536)
        except TimeoutError:
            connected.sendall(bytes([next(left)]))
            continue
        if not part:
            return said
        said += part
    raise AssertionError("the service waits for ever")


def test_a_head_that_drips_is_given_up(service):
    with connection(service) as connected:
        said = drip(connected, b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 1000)
    assert statuses(said) == [408]
    assert b"TERCET_HEADER_TIMEOUT_S" in said


def test_a_head_that_drips_after_an_answer_is_given_up(service):
    with connection(service) as connected:
        connected.sendall(predict())
        assert connected.recv(65_536).startswith(b"HTTP/1.1 200 ")
        assert statuses(drip(connected, b"\r\n" * 1000)) == [408]


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/predict", "Content-Length: 10000"),
        ("/predict", "Transfer-Encoding: chunked"),
        ("/feedback", "Content-Length: 10000"),
        ("/v2/models/toy/infer", "Transfer-Encoding: chunked"),
    ],
)
def test_a_body_that_does_not_come_to_its_end_is_given_up(service, path, header):
    begun = request("Host: x", header, line=f"POST {path} HTTP/1.1", body=b"")
    said = exchange(service, begun)
    assert statuses(said) == [408]
    assert b"TERCET_BODY_TIMEOUT_S" in said


def test_a_body_that_drips_is_given_up(service):
    with connection(service) as connected:
        connected.sendall(request("Host: x", "Content-Length: 10000", body=b""))
        assert statuses(drip(connected, b" " * 1000)) == [408]


def test_chunks_that_are_all_extension_are_given_up(service):
    with connection(service) as connected:
        connected.sendall(request("Host: x", "Transfer-Encoding: chunked", body=b"1;"))
        assert statuses(drip(connected, b"x" * 1000)) == [408]


def test_a_stream_goes_on_for_as_long_as_its_client_likes(service):
    line = b'{"text": "calm"}\n'
    with connection(service) as connected:
        connected.sendall(
            request("Host: x", "Transfer-Encoding: chunked", line="POST /predict/stream HTTP/1.1", body=b"")
        )
        said, began = b"", time.monotonic()
        while time.monotonic() < began + LONG_S:
            connected.sendall(b"%x\r\n%s\r\n" % (len(line), line))
            said += connected.recv(65_536)
            time.sleep(0.25)
        connected.sendall(b"0\r\n\r\n")
        while not said.endswith(b"\r\n0\r\n\r\n"):
            said += connected.recv(65_536)
    assert said.count(b'"label"') >= LONG_S / 0.5
    assert b'"error"' not in said


def test_connections_on_which_nothing_is_asked_are_closed_without_a_word(service):
    with connection(service) as fresh, connection(service) as kept:
        kept.sendall(predict())
        assert read_to_end(fresh) == b""
        said = read_to_end(kept)
    assert said.startswith(b"HTTP/1.1 200 ")
    assert said.count(b"HTTP/1.1 ") == 1


def test_others_are_answered_while_hundreds_of_clients_drip(service):
    begun = b"POST /predict HTTP/1.1\r\nHost: x\r\n"
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connection(service)) for _ in range(SLOW)]
        with client_of(service) as client:
            for byte in begun:
                for connected in slow:
                    with contextlib.suppress(ConnectionError):  # by then it is given up
                        connected.sendall(bytes([byte]))
                assert client.post("/predict", content=BODY).status_code == 200
        for connected in slow:
            said = b""
            with contextlib.suppress(ConnectionError):
                said = read_to_end(connected)
            assert statuses(said) in ([], [408])


def test_clients_beyond_the_limit_wait_until_there_is_room(service):
    with contextlib.ExitStack() as stack:
        for _ in range(SLOW + 50):
            stack.enter_context(connection(service))
        assert statuses(exchange(service, predict("Connection: close"))) == [200]


BOMBS = {
    "a header of 1 MB": (b"X-A: " + b"a" * 1_000_000 + b"\r\n", 431),
    "a header just too large": (b"X-A: " + b"a" * 66_000 + b"\r\n", 431),
    "10,000 headers": (b"".join(b"X-%d: a\r\n" % number for number in range(10_000)), 431),
    "101 headers": (b"X-A: a\r\n" * 100, 431),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_head_that_is_too_large_is_refused_and_the_client_gets_to_read_it(service, bomb):
    headers, status = BOMBS[bomb]
    said = exchange(service, b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n" + predict())
    assert statuses(said) == [status]
    assert b"content-type: application/problem+json" in said
    assert b"connection: close" in said.lower()


def test_a_head_within_the_limits_passes(service):
    headers = b"X-A: a\r\n" * 97 + b"X-B: " + b"b" * 60_000 + b"\r\n"
    head = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + b"\r\n"
    assert statuses(exchange(service, head)) == [200]


@pytest.mark.parametrize("size", [40_000, 100_000])
def test_a_target_that_is_too_long_is_refused(service, size):
    said = exchange(service, b"GET /" + b"a" * size + b" HTTP/1.1\r\nHost: x\r\n\r\n" + predict())
    assert statuses(said) == [414]


@pytest.mark.parametrize("ending", [b"1;" + b"x" * 300_000, b"10\r\n" + BODY + b"\r\n0\r\nX-A: " + b"a" * 300_000])
def test_extensions_and_trailers_that_are_too_large_are_refused(service, ending):
    assert statuses(exchange(service, request("Host: x", "Transfer-Encoding: chunked", body=ending))) == [431]


def test_the_kernel_ends_connections_of_peers_that_are_gone(service):
    """Read off the service's end: what the port was told holds for its connections."""
    with connection(service) as connected:
        port = connected.getsockname()[1]
        timers = re.compile(rf":{port:04X} 01 \S+ 02:")  # local and remote address, ESTABLISHED, the keepalive timer
        assert timers.search(Path("/proc/net/tcp").read_text())


def test_hundreds_of_requests_at_once_on_a_connection_are_answered_in_order(service):
    requests = b"".join(predict(f"X-Request-ID: n{number}") for number in range(300))
    said = exchange(service, requests + predict("Connection: close"))
    assert statuses(said) == [200] * 301
    assert re.findall(rb"x-request-id: n(\d+)", said) == [b"%d" % number for number in range(300)]


def test_a_peer_that_says_nothing_more_leaves_no_connection_behind(service):
    with connection(service) as connected:
        connected.sendall(predict()[:30])
        connected.shutdown(socket.SHUT_WR)
        assert read_to_end(connected) == b""
