"""The middleware around all others: it names each request, and has its end told to metrics, log and traces."""

import time
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.audience import Audience
from app.exchange import Exchange, route_of
from app.logs.context import bound
from app.request_id import HEADER, KEY, is_sane, new_request_id
from app.tracing.context import TRACEPARENT, TRACERESPONSE, TRACESTATE, TraceContext


class Tracer(Protocol):
    """Gives exchanges their place in a trace."""

    def begin(self, parent: bytes | None, state: bytes | None) -> TraceContext | None:
        """The place of a request that came with these headers; None where it is not traced."""

    def ended(self, exchange: Exchange) -> None:
        """An exchange with a place in a trace has ended."""


class ExchangeMiddleware:
    """Names each request, sends the name back as `X-Request-ID`, and tells audience and tracer of its end."""

    def __init__(self, app: ASGIApp, audience: Audience, tracer: Tracer | None = None) -> None:
        self._app, self._audience, self._tracer = app, audience, tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange, more = self._begin(scope)

        def observed_send(message: Message) -> Any:
            # No coroutine of its own: what it returns is the server's.
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *more]
            else:
                exchange.bytes_sent += len(message.get("body", b""))
                if not message.get("more_body", False):
                    exchange.answered = time.perf_counter()
            return send(message)

        try:
            await self._app(scope, receive, observed_send)
        finally:
            self._end(exchange)

    def _begin(self, scope: Scope) -> tuple[Exchange, list[tuple[bytes, bytes]]]:
        """The exchange, bound to this task, and the headers that its answer gets."""
        name = parent = state = None
        for header, value in scope["headers"]:
            if header == HEADER:
                name = value if name is None and is_sane(value) else name
            elif header == TRACEPARENT:
                parent = value if parent is None else b""  # two of them are none
            elif header == TRACESTATE:
                state = value if state is None else state + b"," + value
        name = name or new_request_id()
        scope[KEY] = request_id = name.decode()
        exchange = Exchange(scope, request_id)
        bound.set(exchange)
        if self._tracer is not None:
            exchange.trace = self._tracer.begin(parent, state)
            if exchange.trace is not None:
                return exchange, [(HEADER, name), (TRACERESPONSE, exchange.trace.header())]
        return exchange, [(HEADER, name)]

    def _end(self, exchange: Exchange) -> None:
        exchange.ended = exchange.answered or time.perf_counter()
        exchange.route = route_of(exchange.scope)
        self._audience.add(exchange)
        if exchange.trace is not None and self._tracer is not None:
            self._tracer.ended(exchange)
