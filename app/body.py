"""Reading a request's body up to a limit, whether its length is declared or not."""

from starlette.requests import Request

from app.errors import BodyTooLargeError


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """The whole body. Raises `BodyTooLargeError` as soon as more than `limit_bytes` is declared or has come."""
    if _declared_bytes(request) > limit_bytes:
        raise _too_large(limit_bytes)
    chunks: list[bytes] = []
    size_bytes = 0
    async for chunk in request.stream():
        size_bytes += len(chunk)
        if size_bytes > limit_bytes:
            raise _too_large(limit_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


def _declared_bytes(request: Request) -> int:
    """Content-Length, or 0 for a chunked body; the server has refused what is no number of 64 bits."""
    return int(request.headers.get("content-length", "").lstrip("0") or "0")


def _too_large(limit_bytes: int) -> BodyTooLargeError:
    return BodyTooLargeError(
        f"The body is larger than the limit of {limit_bytes:,} bytes (TERCET_MAX_BODY_BYTES). "
        "Send fewer texts at a time."
    )
