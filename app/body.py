"""Reading a request's body up to a limit, whether its length is declared or not."""

from starlette.requests import ClientDisconnect, Request

from app.errors import BodyTooLargeError


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """The whole body.

    Raises `BodyTooLargeError` as soon as more than `limit_bytes` is declared or has come, and
    `ClientDisconnect` where the client leaves before.
    """
    if declared_bytes(request) > limit_bytes:
        raise _too_large(limit_bytes)
    chunks: list[bytes] = []
    size_bytes = 0
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size_bytes += len(chunk)
        if size_bytes > limit_bytes:
            raise _too_large(limit_bytes)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


def declared_bytes(request: Request) -> int:
    """Content-Length, or 0 for a chunked body; the server has refused what is no number of 64 bits."""
    for name, value in request.scope["headers"]:
        if name == b"content-length":
            return int(value.lstrip(b"0") or b"0")
    return 0


def _too_large(limit_bytes: int) -> BodyTooLargeError:
    return BodyTooLargeError(
        f"The body is larger than the limit of {limit_bytes:,} bytes (TERCET_MAX_BODY_BYTES). "
        "Send fewer texts at a time."
    )
