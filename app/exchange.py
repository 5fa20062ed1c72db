"""A request and its answer, as metrics, logs and traces see them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import Scope

from app.logs.context import bound
from app.stages import Stages
from app.tracing.context import TraceContext

ROUTE = "tercet.route"
"""Of the ASGI scope: the path's pattern, where the short way knows it before any router."""
_MOST_PARTS = 32
"""Of a stream that may have any number."""


@dataclass(slots=True)
class Work:
    """What a model did for a request that is traced."""

    model: str
    version: int
    texts: int = 0
    stages: list[Stages] = field(default_factory=list)
    """Of the first parts that went through the network."""

    def add(self, stages: Stages) -> None:
        """A further part."""
        self.texts += stages.texts
        if len(self.stages) < _MOST_PARTS:
            self.stages.append(stages)


class Exchange:
    """One request, and what was answered so far. Bound to the task that handles it, as `app.logs.context.bound`."""

    __slots__ = ("answered", "began", "bytes_sent", "ended", "request_id", "route", "scope", "status", "trace", "work")

    @property
    def from_outside(self) -> bool:
        """Always."""
        return True

    def __init__(self, scope: Scope, request_id: str) -> None:
        self.scope, self.request_id = scope, request_id
        self.began = time.perf_counter()
        """By `time.perf_counter`, as `answered` and the stages of `work`."""
        self.answered: float | None = None
        """When the last of the answer went out; None where the client left before."""
        self.ended = self.began
        """When the last of the answer went out, or the client left."""
        self.status: int | None = None
        self.bytes_sent = 0
        """Of the answer's body."""
        self.trace: TraceContext | None = None
        """None where it is not traced."""
        self.route: str | None = None
        """The path's pattern, such as `/jobs/{job_id}`; None where no route took it, and before the end."""
        self.work: Work | None = None
        """What the classifier did for it, where that is recorded."""

    def worked(self, model: str, version: int, stages: Stages) -> None:
        """A part of its texts went through the network, and that is to be a span."""
        if self.work is None:
            self.work = Work(model, version)
        self.work.add(stages)

    def log_fields(self) -> Mapping[str, str]:
        """What each line of the log says of it."""
        if self.trace is None:
            return {"request_id": self.request_id}
        return {"request_id": self.request_id, "trace_id": self.trace.trace_id, "span_id": self.trace.span_id}


def route_of(scope: Scope) -> str | None:
    """The pattern of the path that a request has; None where no route took it."""
    return scope.get(ROUTE) or getattr(scope.get("route"), "path_format", None)


def traced() -> Exchange | None:
    """The exchange that this task works for, where its spans are wanted."""
    owner = bound.get()
    return owner if isinstance(owner, Exchange) and owner.trace is not None and owner.trace.sampled else None
