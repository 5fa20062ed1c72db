"""The Idempotency-Key header: a request that is sent twice under one key is carried out once.

After the IETF draft httpapi-idempotency-key-header. There the value is a quoted string of structured fields (RFC 8941);
the bare value that many clients send is taken too, and means the same.
"""

import re

from app.errors import FieldProblem, InvalidRequestError

HEADER = "Idempotency-Key"
LONGEST = 255
"""Characters of a key."""

_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_BARE = re.compile(
    r"[!#-+\--:<-~]*"
)  # no blank, quote, comma or semicolon, which would be several values or parameters


def parse_key(values: list[str]) -> str | None:
    """The key in the values of the header; None without one. Raises `InvalidRequestError` where it is none."""
    if not values:
        return None
    if len(values) > 1:
        raise invalid_key("was sent more than once")
    value = values[0].strip()
    quoted = _QUOTED.fullmatch(value)
    if quoted is None and not _BARE.fullmatch(value):
        raise invalid_key(
            'has to be a quoted string of ASCII characters, such as "8e03978e-40d5-43dd-bc93-6894a57f9324"'
        )
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else value
    if not 1 <= len(key) <= LONGEST:
        raise invalid_key(f"has {len(key)} characters; it may have 1 to {LONGEST}")
    return key


def invalid_key(what: str) -> InvalidRequestError:
    """The refusal of a key."""
    return InvalidRequestError([FieldProblem(HEADER, f"{HEADER} {what}")])
