"""Sending spans to a collector: OpenTelemetry's own exporter, behind its own queue and thread.

On the event loop a record is put into that queue; spans are made of it in the thread. What does not fit is dropped and
counted. OpenTelemetry's variables (`OTEL_EXPORTER_OTLP_…`, `OTEL_BSP_…`) say where to, how often, how much may wait.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from app.tracing.context import new_span_id
from app.tracing.record import Attributes, Record
from model.version import __version__

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext

_LIBRARIES = ("opentelemetry.exporter.otlp.proto.http.trace_exporter", "opentelemetry.sdk._shared_internal")
_COMPLAIN_EVERY_S = 60.0

logger = logging.getLogger(__name__)


class Export:
    """The queue, its thread and the exporter of one process."""

    def __init__(self) -> None:
        """Imports OpenTelemetry. Raises `ImportError` where it is not installed."""
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter  # noqa: PLC0415

        for library in _LIBRARIES:
            logging.getLogger(library).addFilter(_now_and_then())
        self._exporter, self._spans = OTLPSpanExporter(), _Spans()
        self._most = _queue_size()
        self._taken = self._sent = self._dropped = 0
        self._processor = BatchSpanProcessor(cast("SpanExporter", self))

    def put(self, record: Record) -> None:
        """Take one, or drop it where as many wait as may."""
        if self._taken - self._sent >= self._most:
            self._dropped += 1
            return
        self._taken += 1
        self._processor.on_end(cast("ReadableSpan", _Queued(record)))

    def export(self, batch: "Sequence[_Queued]") -> Any:
        """In the thread: send the spans of some records."""
        self._sent += len(batch)
        dropped, self._dropped = self._dropped, 0
        if dropped:
            logger.warning("%d requests are missing in the traces: the collector does not take them in time", dropped)
        return self._exporter.export([span for each in batch for span in self._spans.of(each.record)])

    def shutdown(self) -> None:
        """Called by the processor, at its end."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call] # as it comes

    def stop(self, timeout_s: float) -> None:
        """Send what waits, for so long at most; a collector that does not answer is left then."""
        ending = threading.Thread(target=self._processor.shutdown, name="traces-end", daemon=True)
        ending.start()
        ending.join(timeout_s)


class _Queued:
    """A record in the queue, which looks at whether a span is sampled and at nothing else."""

    __slots__ = ("record",)

    class context:  # noqa: N801 - as the queue knows it
        """Sampled, or it would not have been put."""

        class trace_flags:  # noqa: N801
            """As the queue asks for them."""

            sampled = True

    def __init__(self, record: Record) -> None:
        self.record = record


class _Spans:
    """Makes spans of records."""

    def __init__(self) -> None:
        from opentelemetry import trace  # noqa: PLC0415
        from opentelemetry.sdk.trace import ReadableSpan  # noqa: PLC0415
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope  # noqa: PLC0415

        self._api, self._span = trace, ReadableSpan
        self._scope = InstrumentationScope("tercet", __version__)
        self._resource = _resource()
        self._kinds = {"server": trace.SpanKind.SERVER, "consumer": trace.SpanKind.CONSUMER}
        self._failed, self._unset = trace.Status(trace.StatusCode.ERROR), trace.Status(trace.StatusCode.UNSET)

    def of(self, record: Record) -> "Iterator[ReadableSpan]":
        """The span of the work, and one for each of its parts."""
        own = self._context(record, record.trace.span_id)
        parent = None
        if record.trace.parent_id is not None:
            parent = self._context(record, record.trace.parent_id, remote=True)
        common = {"resource": self._resource, "instrumentation_scope": self._scope}
        yield self._span(
            record.name,
            own,
            parent,
            attributes=record.attributes,
            kind=self._kinds[record.kind],
            status=self._failed if record.failed else self._unset,
            start_time=_nanoseconds(record.began, record),
            end_time=_nanoseconds(record.ended, record),
            **common,
        )
        for part in record.parts:
            yield self._span(
                part.name,
                self._context(record, new_span_id()),
                own,
                attributes=part.attributes,
                status=self._unset,
                start_time=_nanoseconds(part.began, record),
                end_time=_nanoseconds(part.ended, record),
                **common,
            )

    def _context(self, record: Record, span_id: str, *, remote: bool = False) -> "SpanContext":
        trace = self._api
        state = trace.TraceState.from_header([record.trace.state]) if record.trace.state else None
        flags = trace.TraceFlags(trace.TraceFlags.SAMPLED)
        context: SpanContext = trace.SpanContext(int(record.trace.trace_id, 16), int(span_id, 16), remote, flags, state)
        return context


def _nanoseconds(moment: float, record: Record) -> int:
    return int(moment * 1e9) + record.to_epoch_ns


def _resource() -> Any:
    """Who sends: what the environment says (`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`) goes before ours."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415

    ours: Attributes = {"service.name": "tercet", "service.version": __version__, "process.pid": os.getpid()}
    return Resource.create({**ours, **OTELResourceDetector().detect().attributes})


def _queue_size() -> int:
    """As the processor reads it, which would say a line for each record that does not fit."""
    try:
        return max(1, int(os.environ.get("OTEL_BSP_MAX_QUEUE_SIZE", "2048")))
    except ValueError:
        return 2048


def _now_and_then() -> Callable[[logging.LogRecord], bool]:
    """Lets a line through once a minute: a collector that is away says so with each attempt."""
    last = -_COMPLAIN_EVERY_S

    def is_due(_record: logging.LogRecord) -> bool:
        nonlocal last
        if time.monotonic() - last < _COMPLAIN_EVERY_S:
            return False
        last = time.monotonic()
        return True

    return is_due
