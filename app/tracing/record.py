"""What a process tells of one traced piece of work, to be made spans of later, in another thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from app.tracing.context import TraceContext

Attributes = Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class Part:
    """A span below that of the work."""

    name: str
    began: float
    ended: float
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Record:
    """A piece of work and its parts. Times are those of one clock, in seconds."""

    name: str
    kind: Literal["server", "consumer"]
    trace: TraceContext
    began: float
    ended: float
    to_epoch_ns: int
    """What makes nanoseconds since 1970 of nanoseconds of that clock."""
    attributes: Attributes
    parts: Sequence[Part] = field(default_factory=tuple)
    failed: bool = False
