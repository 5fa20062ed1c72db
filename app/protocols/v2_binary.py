"""The binary tensor data extension of the Open Inference Protocol: JSON, and behind it the tensors' bytes.

https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md. A tensor of
BYTES is, for each element, its length as four bytes (little-endian, no sign) and then itself.
"""

import struct
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from app.protocols.errors import MalformedRequestError

HEADER = "Inference-Header-Content-Length"
"""Says how many bytes of the body are JSON; absent, all are."""
_LENGTH = struct.Struct("<I")
_LONGEST_NUMBER = 18


def split(body: bytes, header: str | None) -> tuple[bytes, bytes]:
    """The JSON of a body, and what is behind it. Raises `MalformedRequestError` where `header` cannot be true."""
    if header is None:
        return body, b""
    if not (header.isascii() and header.isdigit()) or len(header) > _LONGEST_NUMBER:
        raise MalformedRequestError(f"{HEADER} has to be the number of bytes of the JSON, without sign.")
    size = int(header)
    if size > len(body):
        raise MalformedRequestError(f"{HEADER} is {size:,}, and the body has {len(body):,} bytes.")
    return body[:size], body[size:]


def texts(data: bytes, count: int, name: str) -> list[str]:
    """The `count` elements of a tensor of BYTES, decoded from UTF-8; `name` is what messages call it.

    Raises `MalformedRequestError` where `data` is no such tensor.
    """
    found: list[str] = []
    start, size = 0, len(data)
    while start < size:
        if len(found) == count:
            raise MalformedRequestError(f"{name} has more elements than the {count:,} that its shape says.")
        end = start + _LENGTH.size
        if end > size:
            raise MalformedRequestError(f"{name}[{len(found)}] has no length: {size - start} bytes are left, of 4.")
        (length,) = _LENGTH.unpack_from(data, start)
        start, end = end, end + length
        if end > size:
            left = f"{size - start:,} bytes are left"
            raise MalformedRequestError(f"{name}[{len(found)}] has a length of {length:,} bytes, and {left}.")
        found.append(_decoded(data[start:end], f"{name}[{len(found)}]"))
        start = end
    if len(found) < count:
        raise MalformedRequestError(f"{name} has {len(found):,} elements, and its shape says {count:,}.")
    return found


def _decoded(element: bytes, name: str) -> str:
    try:
        return element.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedRequestError(f"{name} is not UTF-8: {error.reason} at byte {error.start:,}.") from None


def of_texts(elements: Iterable[str]) -> bytes:
    """A tensor of BYTES."""
    encoded = [element.encode("utf-8") for element in elements]
    return b"".join(_LENGTH.pack(len(element)) + element for element in encoded)


def of_floats(values: NDArray[np.float32]) -> bytes:
    """A tensor of FP32, row by row."""
    return values.astype("<f4", copy=False).tobytes()
