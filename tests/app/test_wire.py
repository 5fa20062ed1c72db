"""Limits and forms on the wire, below what an HTTP library lets one send."""

import contextlib
import http.client
import re
import socket
from urllib.parse import urlsplit

import pytest

from tests.app.metrics.scraping import samples, value
from tests.app.process import client_of, started

LARGE = 50_000_000
WHOLE = re.compile(rb"HTTP/1.1 .*?content-length: (?P<length>\d+)\r\n.*?\r\n\r\n(?P<body>.*)", re.DOTALL)
CHUNK = b"x" * 100_000


@pytest.fixture(scope="module")
def service(tmp_path_factory, toy_models):
    with started(tmp_path_factory.mktemp("service"), DATA=toy_models.parent) as service:
        service.wait_until_ready()
        yield service
        assert "Traceback" not in service.log()


@contextlib.contextmanager
def connection(service):
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connected:
        yield connected


def exchange(service, *parts):
    """All that comes back, until the service closes the connection."""
    with connection(service) as connected:
        for part in parts:
            connected.sendall(part)
        return b"".join(iter(lambda: connected.recv(65_536), b""))


def one_answer(connected):
    """The next response, whole, from a connection that stays open."""
    answer = b""
    while not (found := WHOLE.match(answer)) or len(found["body"]) < int(found["length"]):
        part = connected.recv(65_536)
        assert part, answer
        answer += part
    return answer


def is_too_large(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 "), answer[:300]
    assert b"content-type: application/problem+json" in head
    assert b"x-request-id: " in head
    assert b"TERCET_MAX_BODY_BYTES" in body
    return True


def head(*headers, version="1.1"):
    return "\r\n".join([f"POST /predict HTTP/{version}", "Host: x", *headers, "", ""]).encode()


@pytest.mark.parametrize("close", [[], ["Connection: close"]])
def test_a_declared_length_over_the_limit_is_refused_before_the_body_comes(service, close):
    with connection(service) as connected:
        connected.sendall(head(f"Content-Length: {LARGE}", *close))
        assert is_too_large(one_answer(connected))
        for _ in range(LARGE // len(CHUNK)):
            connected.sendall(CHUNK)
        assert connected.recv(65_536) == b""


@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_that_sends_50_mb_before_it_reads_gets_to_read_the_refusal(service, headers, chunked):
    address = urlsplit(service.url)
    client = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    body = (CHUNK for _ in range(LARGE // len(CHUNK)))
    length = {} if chunked else {"Content-Length": str(LARGE)}
    client.request("POST", "/predict", body, headers | length, encode_chunked=chunked)
    response = client.getresponse()
    assert response.status == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"]
    assert b"1,048,576 bytes" in response.read()
    client.close()


@pytest.mark.parametrize("chunked", [False, True])
def test_httpx_gets_the_refusal_and_goes_on_with_the_same_client(service, chunked):
    body = (CHUNK for _ in range(LARGE // len(CHUNK))) if chunked else b"x" * LARGE
    with client_of(service) as client:
        assert client.post("/predict", content=body).status_code == 413
        assert client.post("/predict", json={"text": "calm"}).status_code == 200


def test_a_client_of_http_1_0_gets_the_refusal(service):
    assert is_too_large(exchange(service, head(f"Content-Length: {LARGE}", version="1.0"), b"x" * LARGE))


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_the_limit_itself_still_passes(service, more, status, chunked):
    body = b'{"text": "calm"}'
    body += b" " * ((1 << 20) - len(body) + more)
    content = (body[start : start + 1000] for start in range(0, len(body), 1000)) if chunked else body
    with client_of(service) as client:
        assert client.post("/predict", content=content).status_code == status


def test_a_client_that_asks_first_is_not_told_to_go_on(service):
    with connection(service) as connected:
        connected.sendall(head(f"Content-Length: {LARGE}", "Expect: 100-continue"))
        assert is_too_large(one_answer(connected))


def test_a_client_that_asks_first_is_told_to_go_on_where_the_body_fits(service):
    body = b'{"text": "calm"}'
    with connection(service) as connected:
        connected.sendall(head(f"Content-Length: {len(body)}", "Expect: 100-continue"))
        assert connected.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connected.sendall(body)
        assert one_answer(connected).startswith(b"HTTP/1.1 200 ")


def test_a_body_to_a_path_that_is_not_there_does_not_hide_the_answer(service):
    answer = exchange(service, head(f"Content-Length: {LARGE}").replace(b"/predict", b"/nowhere"), b"x" * LARGE)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"x-request-id: " in answer


@pytest.mark.parametrize(
    "garbage",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_http_is_answered_in_the_same_form_and_counted(service, garbage):
    before = refusals(service)
    answer_head, _, body = exchange(service, garbage).partition(b"\r\n\r\n")
    assert answer_head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in answer_head
    assert b"x-request-id: " in answer_head
    assert b'"status":400' in body
    assert f"content-length: {len(body)}".encode() in answer_head
    assert refusals(service) == before + 1


def refusals(service):
    """Answers of 400 to what never was a request."""
    with client_of(service) as client:
        found = samples(client.get("/metrics").text)
    return value(found, "tercet_requests_total", route="unmatched", method="other", status="400") or 0


def test_requests_sent_at_once_are_answered_in_order(service):
    one = b'{"text": "calm"}'
    request = head(f"Content-Length: {len(one)}") + one
    last = head(f"Content-Length: {len(one)}", "Connection: close", "X-Request-ID: last") + one
    answer = exchange(service, request * 3 + last)
    assert answer.count(b"HTTP/1.1 200 OK") == 4
    assert answer.count(b"x-request-id: last") == 1


def test_head_is_get_without_a_body_and_the_connection_goes_on(service):
    asked = b"HEAD /health/ready HTTP/1.1\r\nHost: x\r\n\r\n"
    body = b'{"text": "calm"}'
    answers = exchange(service, asked * 2 + head(f"Content-Length: {len(body)}", "Connection: close") + body)
    first, second, third, probabilities = answers.split(b"\r\n\r\n")
    assert [part.partition(b"\r\n")[0] for part in (first, second, third)] == [b"HTTP/1.1 200 OK"] * 3
    with client_of(service) as client:
        length = len(client.get("/health/ready").content)
    assert f"content-length: {length}".encode() in first.lower()
    assert probabilities.startswith(b"{")


def test_clients_that_leave_at_any_point_hurt_nobody(service):
    body = b'{"text": "calm"}'
    whole = head(f"Content-Length: {len(body)}") + body
    for sent in (1, 20, len(whole) - 5, len(whole)):
        with connection(service) as connected:
            connected.sendall(whole[:sent])
    with connection(service) as connected:
        connected.sendall(head("Transfer-Encoding: chunked") + b'5\r\n{"tex')
    with client_of(service) as client:
        assert client.post("/predict", content=body).status_code == 200
        assert client.get("/health/live").status_code == 200
