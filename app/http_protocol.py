"""uvicorn's HTTP protocol, and what it lacks: limits of a head, an end to waiting, and ways to end a connection."""

import asyncio
from http import HTTPStatus
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from app.browsers import with_headers
from app.patience import Terms, goes_at_own_pace
from app.problems import problem
from app.request_head import BAD_TARGET, Fault, fault_of, large_head, long_target, slow_body, slow_head
from app.request_id import HEADER, new_request_id
from app.stream import CONNECTION

_LINGER_S = 5.0
"""How long what still comes is thrown away after a refusal, so that the client gets to read it."""
_LAST_CHANCE_S = 0.5
"""How long a quiet connection stays open once the process ends: a request may be under way on it."""


_INVALID = Fault(HTTPStatus.BAD_REQUEST, "Invalid HTTP request received.")
_FRAMING = (b"content-length", b"transfer-encoding")
"""The headers that say where a body ends."""


class _RefusedError(Exception):
    """Makes the parser stop."""


class HttpProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], terms: Terms | None = None
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._terms = terms or Terms()
        self._fault: Fault | None = None
        """Why no further request is taken."""
        self._unparsed_bytes = 0
        """What came since the parser last got to the end of a head or to a part of a body; it may be kept by it."""
        self._head_since: float | None = self.loop.time()
        """Since when the next head, or anything at all, is awaited; None while there is a request."""
        self._body_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Let the application drop the connection, which a client that does not read would keep open."""
        super().connection_made(transport)
        self._extensions: dict[str, dict[object, object]] = {CONNECTION: {"abort": transport.abort}}

    def data_received(self, data: bytes) -> None:
        """Parse what came; where it is refused, or what is kept of it grows too large, take nothing any more."""
        if self._fault is not None:
            return
        self._unparsed_bytes += len(data)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._pass_over_upgrade(data[upgrade.args[0] :])
        except HttpParserError:
            self._refuse(self._fault or _INVALID)
        if self._unparsed_bytes and self._fault is None:
            self._incomplete()
        if self._terms.leaving:
            self.leave()

    def _incomplete(self) -> None:
        if self._unparsed_bytes > self._terms.header_bytes:
            self._refuse(large_head(self._terms.header_bytes))
        elif self._head_since is None and not self._in_body():
            self._head_since = self.loop.time()

    def on_message_begin(self) -> None:
        """Begin to wait for the end of the head."""
        super().on_message_begin()
        self.scope["extensions"] = self._extensions
        self._head_since = self.loop.time()

    def on_url(self, url: bytes) -> None:
        """Refuse a target that is too long, of which a part came."""
        super().on_url(url)
        if len(self.url) > self._terms.header_bytes // 2:
            self._stop(long_target(self._terms.header_bytes // 2))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Drop trailers: the application has got the headers already."""
        if self._head_since is None:
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Let the application begin, unless the head is at fault."""
        if self._unparsed_bytes > self._terms.header_bytes and self._head_bytes() > self._terms.header_bytes:
            self._stop(large_head(self._terms.header_bytes))
        fault = fault_of(self.parser.get_http_version(), self.headers)
        if fault is not None:
            self._stop(fault)
        self._body_since, self._head_since = self._head_since or 0.0, None
        self._unparsed_bytes = 0
        try:
            super().on_headers_complete()
        except (ValueError, AttributeError):  # the target's, such as http://host without a path
            self._stop(BAD_TARGET)

    def on_body(self, body: bytes) -> None:
        """Pass a part of a body on."""
        self._unparsed_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of a request, unless the parser only thinks so since an upgrade is offered."""
        self._unparsed_bytes = 0
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _pass_over_upgrade(self, rest: bytes) -> None:
        """Answer a request that offers another protocol as if it did not, but as the last on its connection.

        The parser takes nothing that comes after such a head. Another one goes on, with the body alone.
        """
        self.cycle.keep_alive = False
        framing = [b"%s: %s\r\n" % header for header in self.headers if header[0] in _FRAMING]
        self.parser = HttpRequestParser(_BodyAlone(self))
        self.parser.feed_data(b"".join((b"POST / HTTP/1.1\r\nHost: x\r\n", *framing, b"\r\n")))
        if rest:
            self.data_received(rest)

    def on_response_complete(self) -> None:
        """Close the connection where the response came before the end of the request, so that nothing can follow it."""
        last = not self.pipeline
        if last and self._fault is None and self.cycle.more_body:
            self.transport.close()
        super().on_response_complete()
        if last and self._fault is not None:
            self._say(self._fault)

    def look(self, now: float) -> None:
        """Refuse a request that does not come to its end; close a connection on which none ever began."""
        if self._fault is not None or self.transport is None or self.transport.is_closing():
            return
        if self._head_since is not None:
            if now - self._head_since >= self._terms.header_s and not self._answering():
                self._give_up()
        elif self._is_late(now):
            self._refuse(slow_body(self._terms.body_s))

    def _give_up(self) -> None:
        if self._unparsed_bytes:
            self._refuse(slow_head(self._terms.header_s))
        else:
            self.transport.close()

    def _is_late(self, now: float) -> bool:
        return (
            now - self._body_since >= self._terms.body_s
            and self._in_body()
            and not self.cycle.response_started
            and not goes_at_own_pace(self.cycle.scope["state"])
        )

    def leave(self) -> None:
        """Say with the next answer that it is the last."""
        if self._answering() and not self.cycle.response_started:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """Let the connection end: after the answer, or soon where nothing is asked."""
        if self._answering():
            self.cycle.keep_alive = False  # of the last request that came
        else:
            self.loop.call_later(_LAST_CHANCE_S, self._close_if_quiet)

    def _close_if_quiet(self) -> None:
        if self._fault is not None:
            self.transport.abort()
        elif not (self._answering() or self._unparsed_bytes):
            self.transport.close()

    def _stop(self, fault: Fault) -> None:
        """Have the parser stop. To be called by it alone."""
        self._fault = fault
        raise _RefusedError

    def _refuse(self, fault: Fault) -> None:
        """Take no further request, and say why: once those before are answered, or instead of the answer."""
        self._fault = fault
        cycle = self.cycle
        if self._in_body() and not cycle.response_complete:
            if self.pipeline and self.pipeline[0][0] is cycle:
                self.pipeline.popleft()  # it waits for its turn, and is not begun
            else:
                cycle.disconnected = True
                cycle.message_event.set()
                if cycle.response_started:
                    self.transport.close()
                    return
                self._say(fault)
                return
        if not self._answering():
            self._say(fault)

    def _say(self, fault: Fault) -> None:
        """The last answer; then wait for the client to close, who would lose it if we did while data comes."""
        if self.transport.is_closing():
            return
        if not self._in_body():  # where the application has begun with it, it is told and counts it itself
            self._terms.on_refusal(fault.status)
        response = problem(fault.status, fault.detail, headers={"Connection": "close"})
        headers = [*self.server_state.default_headers, *with_headers(response.raw_headers), (HEADER, new_request_id())]
        lines = [STATUS_LINE[fault.status][:-2], *(b": ".join(header) for header in headers), b"", bytes(response.body)]
        self.transport.write(b"\r\n".join(lines))
        self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(_LINGER_S, self.transport.abort)

    def _in_body(self) -> bool:
        return self.cycle is not None and self.cycle.more_body

    def _answering(self) -> bool:
        """Whether an answer is owed or under way."""
        cycle = self.cycle
        return cycle is not None and not (cycle.response_complete or cycle.disconnected)

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)


class _BodyAlone:
    """What a parser calls that only has to find the end of one body."""

    def __init__(self, connection: HttpProtocol) -> None:
        self._connection, self._complete = connection, False

    def on_body(self, body: bytes) -> None:
        if not self._complete:
            self._connection.on_body(body)

    def on_message_complete(self) -> None:
        if not self._complete:
            self._connection.on_message_complete()
        self._complete = True
