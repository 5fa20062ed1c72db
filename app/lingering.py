"""Lingering close: a client that is answered before it has sent its whole body gets to read the answer.

A server that answers, then closes while the client still sends, makes the client's kernel drop the answer (a
connection reset). So what still comes is read and thrown away, for a while; the answer itself goes out at once.
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_S = 30.0
LONGEST_SILENCE_S = 5.0
"""Both as nginx's lingering_time and lingering_timeout."""


class LingeringMiddleware:
    """Holds back the end of an early answer until the request's body has come, then closes the connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] == "http" and _has_body(scope):
            exchange = _Exchange(receive, send)
            await self._app(scope, exchange.receive, exchange.send)
        else:
            await self._app(scope, receive, send)


class _Exchange:
    """One request with a body, and its response."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._body_complete = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._body_complete = not message.get("more_body", False)  # also on http.disconnect
        return message

    async def send(self, message: Message) -> None:
        early = not self._body_complete
        if early and message["type"] == "http.response.start" and _is_whole(message):
            message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
        if early and message["type"] == "http.response.body" and not message.get("more_body", False):
            await self._send({**message, "more_body": True})
            await self._discard_the_rest()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    async def _discard_the_rest(self) -> None:
        try:
            async with asyncio.timeout(LONGEST_S):
                while not self._body_complete:
                    async with asyncio.timeout(LONGEST_SILENCE_S):
                        await self.receive()
        except TimeoutError:
            return


def _is_whole(start: Message) -> bool:
    """Whether the answer is there already, and so early; one without a length may well end after the request."""
    return any(name == b"content-length" for name, _ in start.get("headers", ()))


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"
