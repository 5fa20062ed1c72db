"""Requests that a proxy in front may read otherwise than the service: each gets one answer, and the connection ends."""

import pytest

from tests.app.process import client_of, started
from tests.app.wire import BODY, exchange, predict, request, statuses

CHUNKED = b"10\r\n" + BODY + b"\r\n0\r\n\r\n"
SMUGGLED = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory, toy_models):
    with started(tmp_path_factory.mktemp("service"), DATA=toy_models.parent) as service:
        service.wait_until_ready()
        yield service
        with client_of(service) as client:
            assert client.post("/predict", content=BODY).status_code == 200
        assert "Traceback" not in service.log()
        assert "ERROR" not in service.log()


LENGTH = f"Content-Length: {len(BODY)}"
REFUSED = {
    "a length and chunks": (request("Host: x", LENGTH, "Transfer-Encoding: chunked", body=CHUNKED), 400),
    "chunks and a length": (request("Host: x", "Transfer-Encoding: chunked", LENGTH, body=CHUNKED), 400),
    "two lengths": (request("Host: x", LENGTH, "Content-Length: 3"), 400),
    "the same length twice": (request("Host: x", LENGTH, LENGTH), 400),
    "a list of lengths": (request("Host: x", "Content-Length: 16, 16"), 400),
    "a sign": (request("Host: x", "Content-Length: +16"), 400),
    "a negative length": (request("Host: x", "Content-Length: -16"), 400),
    "a hexadecimal length": (request("Host: x", "Content-Length: 0x10"), 400),
    "a space in a length": (request("Host: x", "Content-Length: 1 6"), 400),
    "an underscore in a length": (request("Host: x", "Content-Length: 1_6"), 400),
    "an empty length": (request("Host: x", "Content-Length: "), 400),
    "a length of more than 64 bits": (request("Host: x", "Content-Length: 18446744073709551632"), 400),
    "a chunk size that is no number": (request("Host: x", "Transfer-Encoding: chunked", body=b"xyz\r\n" + BODY), 400),
    "a chunk size with a prefix": (request("Host: x", "Transfer-Encoding: chunked", body=b"0x10\r\n" + BODY), 400),
    "a negative chunk size": (request("Host: x", "Transfer-Encoding: chunked", body=b"-1\r\n" + BODY), 400),
    "a chunk size of more than 64 bits": (
        request("Host: x", "Transfer-Encoding: chunked", body=b"f" * 17 + b"\r\n" + BODY),
        400,
    ),
    "a chunk longer than its size": (request("Host: x", "Transfer-Encoding: chunked", body=b"1\r\n" + BODY), 400),
    "a chunk size after a space": (request("Host: x", "Transfer-Encoding: chunked", body=b" 10\r\n" + BODY), 400),
    "a bare line feed after a chunk size": (
        request("Host: x", "Transfer-Encoding: chunked", body=CHUNKED.replace(b"\r\n", b"\n")),
        400,
    ),
    "a coding before chunks": (request("Host: x", "Transfer-Encoding: gzip, chunked", body=CHUNKED), 501),
    "chunks twice": (
        request("Host: x", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body=CHUNKED),
        400,
    ),
    "chunks in a list": (request("Host: x", "Transfer-Encoding: chunked, chunked", body=CHUNKED), 400),
    "a coding alone": (request("Host: x", "Transfer-Encoding: gzip", body=CHUNKED), 501),
    "a coding that looks like chunks": (request("Host: x", "Transfer-Encoding: xchunked", body=CHUNKED), 501),
    "a coding of no name": (request("Host: x", "Transfer-Encoding: identity", body=CHUNKED), 501),
    "chunks of HTTP/1.0": (
        request("Host: x", "Transfer-Encoding: chunked", line="POST /predict HTTP/1.0", body=CHUNKED),
        400,
    ),
    "a folded header": (request("Host: x", LENGTH, "X-A: 1", " Transfer-Encoding: chunked"), 400),
    "a folded host": (request("Host:", " x", LENGTH), 400),
    "a space before the colon": (request("Host: x", "Content-Length : 16"), 400),
    "a tab before the colon": (request("Host: x", "Content-Length\t: 16"), 400),
    "a header without a colon": (request("Host: x", LENGTH, "Nothing"), 400),
    "a header without a name": (request("Host: x", LENGTH, ": nothing"), 400),
    "a NUL in a header": (request("Host: x", LENGTH, "X-A: a\0b"), 400),
    "a NUL in a name": (request("Host: x", LENGTH, "X\0A: ab"), 400),
    "a bare carriage return in a header": (request("Host: x", LENGTH, "X-A: a\rTransfer-Encoding: chunked"), 400),
    "a bare line feed in a header": (request("Host: x", f"{LENGTH}\nX-A: b"), 400),
    "bare line feeds": (predict().replace(b"\r\n", b"\n"), 400),
    "no host": (request(LENGTH), 400),
    "two hosts": (request("Host: x", "Host: y", LENGTH), 400),
    "the same host twice": (request("Host: x", "Host: x", LENGTH), 400),
    "two hosts of HTTP/1.0": (request("Host: x", "Host: y", LENGTH, line="POST /predict HTTP/1.0"), 400),
    "a method in lower case": (request("Host: x", LENGTH, line="post /predict HTTP/1.1"), 400),
    "a method of no name": (request("Host: x", LENGTH, line="PREDICT /predict HTTP/1.1"), 400),
    "HTTP/0.9": (b"GET /health/live\r\n\r\n", 505),
    "HTTP/1.2": (request("Host: x", LENGTH, line="POST /predict HTTP/1.2"), 400),
    "HTTP/2 by its name": (request("Host: x", LENGTH, line="POST /predict HTTP/2.0"), 505),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "a space in the target": (request("Host: x", LENGTH, line="POST /predict /x HTTP/1.1"), 400),
    "no target": (request("Host: x", LENGTH, line="POST HTTP/1.1"), 400),
    "a URL without a path": (request("Host: x", LENGTH, line="POST http://x HTTP/1.1"), 400),
    "a tunnel": (request("Host: x:443", line="CONNECT x:443 HTTP/1.1", body=b""), 400),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_once_and_nothing_after_it_is_answered(service, case):
    sent, status = REFUSED[case]
    answers = exchange(service, sent + SMUGGLED)
    assert statuses(answers) == [status]
    assert b"connection: close" in answers.lower()
    assert b"content-type: application/problem+json" in answers
    assert b"x-request-id: " in answers


def test_a_request_before_one_that_is_refused_is_answered_first(service):
    good = predict("X-Request-ID: good")
    answers = exchange(service, good + good + REFUSED["two lengths"][0] + SMUGGLED)
    assert statuses(answers) == [200, 200, 400]


def test_a_body_that_breaks_off_in_a_chunk_behind_others_is_refused_after_their_answers(service):
    broken, _ = REFUSED["a chunk size that is no number"]
    assert statuses(exchange(service, predict() + broken + SMUGGLED)) == [200, 400]


def test_extensions_of_chunks_and_trailers_are_passed_over(service):
    body = b"10;name=value\r\n" + BODY + b"\r\n0\r\nX-Request-ID: trailer\r\nHost: y\r\n\r\n"
    whole = request("Host: x", "X-Request-ID: head", "Transfer-Encoding: Chunked", body=body)
    answers = exchange(service, whole + predict("Connection: close"))
    assert statuses(answers) == [200, 200]
    assert b"x-request-id: head" in answers
    assert b"trailer" not in answers


def test_the_forms_of_a_target_that_are_none_of_ours_are_told_apart(service):
    close = ("Host: x", "Connection: close")
    for line, status in (
        ("GET http://elsewhere/health/live HTTP/1.1", 200),
        ("OPTIONS * HTTP/1.1", 404),
        ("GET //health/live HTTP/1.1", 404),
        ("GET /health/live#fragment HTTP/1.1", 200),
        ("GET /health/../health/live HTTP/1.1", 404),
    ):
        assert statuses(exchange(service, request(*close, line=line, body=b""))) == [status], line


@pytest.mark.parametrize("protocol", ["h2c", "websocket", "TLS/1.0"])
def test_an_upgrade_that_is_offered_is_not_taken_and_the_request_is_answered(service, protocol):
    offer = ("Connection: Upgrade, HTTP2-Settings", f"Upgrade: {protocol}", "HTTP2-Settings: AAMAAABkAAQAAP__")
    answers = exchange(service, predict(*offer) + SMUGGLED)
    assert statuses(answers) == [200]  # and the connection is closed, which a client may try again on
    assert b"connection: close" in answers


def test_http_1_0_is_answered_and_closed_though_it_asks_to_be_kept(service):
    asked = request(LENGTH, "Connection: keep-alive", line="POST /predict HTTP/1.0")
    answers = exchange(service, asked + asked)
    assert statuses(answers) == [200]
    assert b"connection: close" in answers


def test_a_client_that_expects_what_is_not_known_is_answered(service):
    assert statuses(exchange(service, predict("Expect: the-unexpected", "Connection: close"))) == [200]
