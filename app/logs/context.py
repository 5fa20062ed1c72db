"""Which request or job this code works for, so that every line it logs says so. Follows tasks, and threads they start.

A process that handles a request or a job binds it once; nothing has to be passed on.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from app.tracing.context import TraceContext


class Bound(Protocol):
    """What lines may belong to."""

    @property
    def trace(self) -> TraceContext | None:
        """Its place in a trace; None where it has none."""

    @property
    def from_outside(self) -> bool:
        """Whether strangers say what is in it, so that messages of exceptions may quote them."""

    def log_fields(self) -> Mapping[str, str]:
        """What each line says of it."""


bound: ContextVar[Bound | None] = ContextVar("bound", default=None)
"""The request or the job; None outside of one."""


@dataclass(frozen=True, slots=True)
class BoundJob:
    """A training job in the worker."""

    job_id: str
    trace: TraceContext | None = None
    from_outside: bool = True
    """Its data, and so what its errors quote, are somebody's texts."""

    def log_fields(self) -> Mapping[str, str]:
        """As JSON lines name them."""
        fields = {"job_id": self.job_id}
        if self.trace is None:
            return fields
        return fields | {"trace_id": self.trace.trace_id, "span_id": self.trace.span_id}
