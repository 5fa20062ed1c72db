"""The request id: the caller's where it is sane, a new one otherwise, on every response and in error logs."""

import re
import secrets
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"x-request-id"
_SANE = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_KEY = "tercet.request_id"


class RequestIdMiddleware:
    """Names each request and sends the name back as `X-Request-ID`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _sent_by_caller(scope) or new_request_id()
        scope[_KEY] = request_id.decode()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (HEADER, request_id)]
            await send(message)

        await self._app(scope, receive, send_with_id)


def new_request_id() -> bytes:
    """An id for a request that came without one."""
    return secrets.token_hex(8).encode()


def request_id(scope: Any) -> str:
    """The id of the request that `scope` belongs to, or a dash outside of one."""
    return str(scope.get(_KEY, "-"))


def _sent_by_caller(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == HEADER:
            return value if _SANE.fullmatch(value) else None
    return None
