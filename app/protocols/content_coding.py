"""Bodies that clients of inference protocols have compressed (`Content-Encoding`), unpacked up to a limit."""

import zlib

from app.errors import BodyTooLargeError, UnsupportedFormatError
from app.protocols.errors import MalformedRequestError

_LONGEST_SHOWN = 60
_FORMATS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
"""Of zlib's window bits. HTTP's deflate is zlib's format, RFC 9110, 8.4.1.2."""


def unpacked(body: bytes, coding: str | None, limit_bytes: int) -> bytes:
    """The body as it was before its client compressed it.

    Raises `UnsupportedFormatError` where the coding is not one of ours, `MalformedRequestError` where the body is not
    of it, and `BodyTooLargeError` as soon as more than `limit_bytes` has come out.
    """
    coding = (coding or "identity").strip().lower()
    if coding == "identity":
        return body
    if coding not in _FORMATS:
        shown = repr(coding[:_LONGEST_SHOWN])
        raise UnsupportedFormatError(
            f"Content-Encoding {shown} is not known; send gzip, deflate, or the body as it is."
        )
    unpacker = zlib.decompressobj(_FORMATS[coding])
    try:
        content = unpacker.decompress(body, limit_bytes + 1)
    except zlib.error as error:
        raise MalformedRequestError(f"The body is not {coding}: {error}.") from None
    if len(content) > limit_bytes:
        raise BodyTooLargeError(
            f"The body unpacks to more than the limit of {limit_bytes:,} bytes (TERCET_MAX_BODY_BYTES). "
            "Send fewer texts at a time."
        )
    if not unpacker.eof or unpacker.unused_data:
        fault = "goes on after its end" if unpacker.eof else "ends before its end"
        raise MalformedRequestError(f"The body is not {coding}: it {fault}.")
    return content
