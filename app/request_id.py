"""The request id: the caller's where it is sane, a new one otherwise; on every response and in the log's lines."""

import random
import re
from typing import Any

HEADER = b"x-request-id"
KEY = "tercet.request_id"
"""Of the ASGI scope."""
_SANE = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_random = random.Random()  # noqa: S311 - no secret, and a fifth of the time


def new_request_id() -> bytes:
    """An id for a request that came without one."""
    return b"%016x" % _random.getrandbits(64)


def request_id(scope: Any) -> str:
    """The id of the request that `scope` belongs to, or a dash outside of one."""
    return str(scope.get(KEY, "-"))


def is_sane(sent: bytes) -> bool:
    """Whether a caller's id is taken as it is: it goes into headers and logs."""
    return _SANE.fullmatch(sent) is not None
