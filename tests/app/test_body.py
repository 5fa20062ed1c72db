import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request

from app.body import read_body
from app.errors import BodyTooLargeError


def read(chunks, declared=None, limit_bytes=10):
    """The body of a request that sends `chunks`; None stands for a client that leaves."""
    headers = [] if declared is None else [(b"content-length", str(declared).encode())]
    left = list(chunks)

    async def receive():
        chunk = left.pop(0)
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    request = Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)
    try:
        return asyncio.run(read_body(request, limit_bytes)), left
    except BodyTooLargeError as error:
        return error, left


def test_a_body_up_to_the_limit_is_read_whole():
    assert read([b"01234", b"", b"56789"]) == (b"0123456789", [])
    assert read([b""]) == (b"", [])


def test_a_body_without_a_length_is_refused_where_it_passes_the_limit():
    error, left = read([b"01234", b"56789", b"x", b"never read"])
    assert str(error).startswith("The body is larger than the limit of 10 bytes (TERCET_MAX_BODY_BYTES).")
    assert left == [b"never read"]


@pytest.mark.parametrize("declared", [11, 10**18, "0000011"])
def test_a_declared_length_over_the_limit_is_refused_before_a_byte_is_read(declared):
    error, left = read([b"x"], declared)
    assert isinstance(error, BodyTooLargeError)
    assert left == [b"x"]


def test_a_declared_length_of_many_zeros_is_a_number_like_any_other():
    assert read([b"x"], "0" * 10_000 + "1")[0] == b"x"


def test_a_client_that_leaves_is_told_apart_from_the_end_of_its_body():
    with pytest.raises(ClientDisconnect):
        read([b"x", None])
