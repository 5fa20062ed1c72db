"""The place of a request in a trace, in the words of W3C Trace Context: `traceparent` and `tracestate`.

What comes in and goes on is https://www.w3.org/TR/trace-context-2/. What goes back, `traceresponse`, is the draft that
was split from it: https://github.com/w3c/trace-context/blob/main/spec/21-http_response_header_format.md.
"""

import random
import re
from dataclasses import dataclass

TRACEPARENT, TRACESTATE, TRACERESPONSE = b"traceparent", b"tracestate", b"traceresponse"
_TRACEPARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_MEMBER = re.compile(
    rb"[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
)
_MOST_MEMBERS, _LONGEST_STATE = 32, 512
_SAMPLED = 1

_random = random.Random()  # noqa: S311 - ids need to differ, not to be secret


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A span that goes on elsewhere: below a parent, or the root of its trace."""

    trace_id: str
    """32 hexadecimal digits."""
    span_id: str
    """16 hexadecimal digits."""
    sampled: bool
    parent_id: str | None = None
    """The caller's span; None at the root."""
    state: str = ""
    """The caller's `tracestate`, handed on as it came."""

    def header(self) -> bytes:
        """The value of `traceparent`, for who is called, and of `traceresponse`, for the caller."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}".encode()


@dataclass(frozen=True, slots=True)
class Parent:
    """What a caller said of itself."""

    trace_id: str
    span_id: str
    sampled: bool
    state: str = ""


def parse(parent: bytes | None, state: bytes | None = None) -> Parent | None:
    """The caller's place; None where `parent` is absent or malformed, and then `state` does not count either."""
    match = _TRACEPARENT.fullmatch(parent.strip(b" \t")) if parent else None
    if match is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    if version == b"ff" or (version == b"00" and rest) or not trace_id.strip(b"0") or not span_id.strip(b"0"):
        return None
    return Parent(trace_id.decode(), span_id.decode(), bool(int(flags, 16) & _SAMPLED), _sound_state(state))


def below(parent: Parent | None, *, sampled: bool) -> TraceContext:
    """A new span below `parent`, or the root of a new trace."""
    if parent is None:
        return TraceContext(f"{_nonzero(128):032x}", new_span_id(), sampled)
    return TraceContext(parent.trace_id, new_span_id(), sampled, parent.span_id, parent.state)


def new_span_id() -> str:
    """16 hexadecimal digits."""
    return f"{_nonzero(64):016x}"


def _nonzero(bits: int) -> int:
    return _random.getrandbits(bits) or 1


def _sound_state(state: bytes | None) -> str:
    """`state` without empty members; nothing where a member is malformed or comes twice, or there are too many."""
    members = [member for each in (state or b"").split(b",") if (member := each.strip(b" \t"))]
    keys = {member.partition(b"=")[0] for member in members}
    sound = len(members) <= _MOST_MEMBERS and len(keys) == len(members) and all(map(_MEMBER.fullmatch, members))
    joined = b",".join(members)
    return joined.decode() if sound and len(joined) <= _LONGEST_STATE else ""
