"""How Schemathesis writes a body of lines."""

from typing import Any

import schemathesis
from pydantic_core import to_json


@schemathesis.serializer("application/x-ndjson")
def lines(_context: Any, value: Any) -> bytes:
    """Each of the objects as a line; what is none, as it is."""
    if isinstance(value, bytes):
        return value
    objects = value if isinstance(value, list) else [value]
    return b"".join(to_json(each, serialize_unknown=True) + b"\n" for each in objects)
