"""What the head of a request must be beyond what the parser sees to, so that no proxy in front reads it otherwise.

RFC 9112: one Host (section 3.2), one way to say where the body ends (6.1, 6.3). The parser refuses the rest itself:
differing lengths, a length beside chunks, white space before a colon, bare line feeds, folded lines.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple

MOST_HEADERS = 100
"""As Apache and HAProxy."""


class Fault(NamedTuple):
    """Why a request is refused before it reaches the application."""

    status: HTTPStatus
    detail: str


BAD_TARGET = Fault(HTTPStatus.BAD_REQUEST, "The target of the request is no path and no URL.")
_NO_HOST = Fault(HTTPStatus.BAD_REQUEST, "The request has no Host header, which HTTP/1.1 asks for.")
_HOSTS = Fault(HTTPStatus.BAD_REQUEST, "The request has more than one Host header.")
_CODING = Fault(HTTPStatus.NOT_IMPLEMENTED, "The only Transfer-Encoding that is understood is chunked.")
_CHUNKS_OF_1_0 = Fault(HTTPStatus.BAD_REQUEST, "HTTP/1.0 has no Transfer-Encoding.")
_VERSION = Fault(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
_NUMBER = Fault(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The request has more than {MOST_HEADERS} headers, which is the limit."
)


def fault_of(version: str, headers: Sequence[tuple[bytes, bytes]]) -> Fault | None:
    """What is wrong with a head of these headers, their names in lower case; None where it is sound."""
    if len(headers) > MOST_HEADERS:
        return _NUMBER
    hosts, chunked = 0, False
    for name, value in headers:
        if name == b"host":
            hosts += 1
        elif name == b"transfer-encoding":
            if chunked or value.strip().lower() != b"chunked":
                return _CODING
            chunked = True
    if version == "1.1":
        return None if hosts == 1 else _HOSTS if hosts else _NO_HOST
    if version != "1.0":
        return _VERSION
    return _CHUNKS_OF_1_0 if chunked else _HOSTS if hosts > 1 else None


def long_target(limit_bytes: int) -> Fault:
    """For a target that alone is longer than a head may be."""
    return Fault(HTTPStatus.REQUEST_URI_TOO_LONG, f"The target of the request is longer than {limit_bytes:,} bytes.")


def large_head(limit_bytes: int) -> Fault:
    """For a head, or trailers or extensions of chunks, that would be kept in memory."""
    return Fault(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"The headers of the request are larger than the limit of {limit_bytes:,} bytes (TERCET_MAX_HEADER_BYTES).",
    )


def slow_head(limit_s: float) -> Fault:
    """For a head that does not end."""
    return Fault(
        HTTPStatus.REQUEST_TIMEOUT, f"The headers did not come within {limit_s:g} s (TERCET_HEADER_TIMEOUT_S)."
    )


def slow_body(limit_s: float) -> Fault:
    """For a body that does not end."""
    return Fault(HTTPStatus.REQUEST_TIMEOUT, f"The body did not come within {limit_s:g} s (TERCET_BODY_TIMEOUT_S).")
