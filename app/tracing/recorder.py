"""Gives requests their place in a trace, and what they did to the exporter. Imports nothing of OpenTelemetry."""

import time
from collections.abc import Iterator
from typing import Any, Protocol

from app.exchange import Exchange
from app.stages import Stages
from app.tracing.context import TraceContext, below, parse
from app.tracing.record import Part, Record
from app.tracing.sampling import Decide


class Exporter(Protocol):
    """Where records go."""

    def put(self, record: Record) -> None:
        """Take one; never waits."""

    def stop(self, timeout_s: float) -> None:
        """Send what there is, for so long at most."""


class Recorder:
    """Of one process."""

    def __init__(self, decide: Decide, exporter: Exporter) -> None:
        self._decide, self._exporter = decide, exporter

    def begin(self, parent: bytes | None, state: bytes | None) -> TraceContext | None:
        """The place of a request with these headers; None where it is not traced, and its caller traces nothing."""
        caller = parse(parent, state) if parent is not None else None
        sampled = self._decide(caller)
        return below(caller, sampled=sampled) if sampled or caller is not None else None

    def ended(self, exchange: Exchange) -> None:
        """Record a request, unless only its caller's ids were wanted."""
        if exchange.trace is not None and exchange.trace.sampled:
            self._exporter.put(_record(exchange, exchange.trace))

    def stop(self, timeout_s: float) -> None:
        """Send what was recorded, for so long at most."""
        self._exporter.stop(timeout_s)


def to_epoch_ns() -> int:
    """What makes nanoseconds since 1970 of those of `time.perf_counter`."""
    return time.time_ns() - time.perf_counter_ns()


def _record(exchange: Exchange, trace: TraceContext) -> Record:
    route, method = exchange.route, exchange.scope["method"]
    left, ended = exchange.answered is None, exchange.answered or time.perf_counter()
    return Record(
        name=method if route is None else f"{method} {route}",
        kind="server",
        trace=trace,
        began=exchange.began,
        ended=ended,
        to_epoch_ns=to_epoch_ns(),
        attributes=dict(_attributes(exchange, route, left=left)),
        parts=tuple(_parts(exchange)),
        failed=left or (exchange.status or 0) >= 500,
    )


def _attributes(exchange: Exchange, route: str | None, *, left: bool) -> Iterator[tuple[str, Any]]:
    """By OpenTelemetry's semantic conventions for HTTP servers, https://opentelemetry.io/docs/specs/semconv/http/."""
    scope = exchange.scope
    yield "http.request.method", scope["method"]
    yield "url.scheme", scope["scheme"]
    yield "url.path", (scope.get("raw_path") or scope["path"].encode("utf-8", "replace")).decode("latin-1")
    yield "network.protocol.version", scope["http_version"]
    if route is not None:
        yield "http.route", route
    if scope.get("client"):
        yield "client.address", scope["client"][0]
    if scope.get("server"):
        yield "server.address", scope["server"][0]
        if scope["server"][1] is not None:
            yield "server.port", scope["server"][1]
    if exchange.status is not None:
        yield "http.response.status_code", exchange.status
        if exchange.status >= 500:
            yield "error.type", str(exchange.status)
    if left:
        yield "error.type", "client_left"
    yield "http.response.body.size", exchange.bytes_sent
    yield "tercet.request_id", exchange.request_id
    if exchange.work is not None:
        yield "tercet.texts", exchange.work.texts
        yield "tercet.model.name", exchange.work.model
        yield "tercet.model.version", exchange.work.version


def _parts(exchange: Exchange) -> Iterator[Part]:
    if exchange.work is None:
        return
    model = {"tercet.model.name": exchange.work.model, "tercet.model.version": exchange.work.version}
    for stages in exchange.work.stages:
        yield from _of_stages(stages, model)


def _of_stages(stages: Stages, model: dict[str, Any]) -> Iterator[Part]:
    texts = {"tercet.texts": stages.texts}
    yield Part("tokenize", stages.tokenize_began, stages.queue_began, texts)
    yield Part("queue", stages.queue_began, stages.compute_began, texts)
    yield Part(
        "compute", stages.compute_began, stages.compute_ended, texts | {"tercet.batch.size": stages.batch} | model
    )
