"""The access log: a line for each request, without its path, its query or its body, but with the pattern of its route.

Lines are put together here and not by `logging`, which takes ten times as long, in the thread of `app.logs.writer`.
"""

import time
from json.encoder import encode_basestring_ascii as quoted
from typing import Literal

from app.exchange import Exchange
from app.logs.escaping import escaped
from app.logs.writer import LineWriter
from app.tracing.context import TraceContext

LOGGER = "app.access"
_CLIENT_LEFT = 499
"""As nginx says it: no status was sent."""

Entry = tuple[float, tuple[str, str | None, int], str, TraceContext | None, float, int, tuple[str, int] | None]
"""When it ended; method, route and status; id and trace; seconds that it took; bytes of the answer; the client."""


class AccessLog:
    """Has a line written when a request has been answered, or its client has left."""

    def __init__(self, writer: LineWriter, form: Literal["text", "json"]) -> None:
        self._put = writer.put
        writer.render = self._json if form == "json" else self._text
        self._heads: dict[tuple[str, str | None, int], str] = {}
        """The part of a line that is the same for all with this method, route and status: few."""
        self._second, self._time = 0, ""

    def ended(self, exchange: Exchange) -> None:
        """Have its line written."""
        scope = exchange.scope
        self._put(
            (
                exchange.ended + to_epoch_s(),
                (scope["method"], exchange.route, exchange.status or _CLIENT_LEFT),
                exchange.request_id,
                exchange.trace,
                exchange.ended - exchange.began,
                exchange.bytes_sent,
                scope["client"],
            )
        )

    def _json(self, entry: Entry) -> str:
        now, key, request_id, trace, seconds, sent, client = entry
        head = self._heads.get(key) or self._remember(key, _json_head(*key))
        ids = "" if trace is None else f'"trace_id":"{trace.trace_id}","span_id":"{trace.span_id}",'
        address = "null" if client is None else quoted(client[0])  # behind a proxy, it is what a header says
        return (
            f'{{"timestamp":"{self._at(now)}",{head},"request_id":"{request_id}",{ids}'
            f'"duration_ms":{1000 * seconds:.3f},"bytes":{sent},"client":{address}}}\n'
        )

    def _text(self, entry: Entry) -> str:
        now, key, request_id, trace, seconds, sent, client = entry
        head = self._heads.get(key) or self._remember(key, _text_head(*key))
        address = "-" if client is None else escaped(client[0])
        ids = "" if trace is None else f" trace_id={trace.trace_id} span_id={trace.span_id}"
        return f"{self._at(now)} {head} {1000 * seconds:.3f} ms, {sent} bytes, {address} request_id={request_id}{ids}\n"

    def _remember(self, key: tuple[str, str | None, int], head: str) -> str:
        self._heads[key] = head
        return head

    def _at(self, seconds: float) -> str:
        """As `app.logs.formats.timestamp`, most of which is made once a second here."""
        whole = int(seconds)
        if whole != self._second:
            self._second, self._time = whole, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
        return f"{self._time}.{int((seconds - whole) * 1e6):06d}Z"


def to_epoch_s() -> float:
    """What makes seconds since 1970 of those of `time.perf_counter`."""
    return time.time() - time.perf_counter()


def _json_head(method: str, route: str | None, status: int) -> str:
    shown = "null" if route is None else quoted(route)
    return (
        f'"level":"INFO","logger":"{LOGGER}","message":{quoted(_words(method, route, status))},'
        f'"method":{quoted(method)},"route":{shown},"status":{status}'
    )


def _text_head(method: str, route: str | None, status: int) -> str:
    return f"INFO {LOGGER}: {escaped(_words(method, route, status))}"


def _words(method: str, route: str | None, status: int) -> str:
    return f"{method} {route or 'no route'} {status}"
