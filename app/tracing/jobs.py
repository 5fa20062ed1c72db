"""The span of a training job in its worker, below the request that ordered it; the training has it as TRACEPARENT."""

import os
import time
from collections.abc import Callable, Mapping

from app.settings import Settings
from app.tracing import switch
from app.tracing.context import TraceContext, below, parse
from app.tracing.record import Attributes, Record
from app.tracing.sampling import Decide, sampler

VARIABLE = "TRACEPARENT"
"""As OpenTelemetry hands a context on by environment variables."""


class JobTraces:
    """Of one worker."""

    def __init__(self, decide: Decide, put: Callable[[Record], None], stop: Callable[[float], None]) -> None:
        self._decide, self._put, self.stop = decide, put, stop

    def begin(self, traceparent: str | None) -> TraceContext:
        """The place of a job that was ordered by a request with that place, or by nobody."""
        parent = parse(traceparent.encode("ascii", "replace")) if traceparent else None
        return below(parent, sampled=self._decide(parent))

    def ended(self, trace: TraceContext, began: float, attributes: Attributes, *, failed: bool) -> None:
        """Record an attempt at a job; `began` is by `time.perf_counter`."""
        if trace.sampled:
            to_epoch_ns = time.time_ns() - time.perf_counter_ns()
            ended = time.perf_counter()
            self._put(Record("train", "consumer", trace, began, ended, to_epoch_ns, attributes, failed=failed))


def job_traces(settings: Settings) -> JobTraces | None:
    """None where traces are off. Raises `SettingsError`."""
    exporter = switch.exporter(settings)
    return None if exporter is None else JobTraces(sampler(os.environ), exporter.put, exporter.stop)


def variables(trace: TraceContext | None) -> Mapping[str, str]:
    """What a process gets that works below `trace`."""
    return {} if trace is None else {VARIABLE: trace.header().decode()}
