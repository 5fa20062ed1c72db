"""HEAD, wherever there is GET: the same answer without its body (RFC 9110, section 9.3.2).

OpenAPI names GET alone, of which HEAD says nothing new. Load balancers and probes ask this way.
"""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadMiddleware:
    """Asks the application by GET and passes the head of its answer on; an answer without end is ended at once."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        """`routes` say which paths have GET; others answer HEAD by themselves, with 405 mostly."""
        self._app, self._routes = app, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or not self._has_get(scope):
            await self._app(scope, receive, send)
            return
        over = False

        async def send_head(message: Message) -> None:
            nonlocal over
            scope["method"] = "HEAD"  # the scope itself: by it the server knows that no body follows
            if message["type"] == "http.response.start":
                await send(message)
            elif not over:
                over = True  # from here on `receive` says that the client has left, which ends a stream
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        scope["method"] = "GET"
        try:
            await self._app(scope, receive, send_head)
        finally:
            scope["method"] = "HEAD"

    def _has_get(self, scope: Scope) -> bool:
        asked = {**scope, "method": "GET"}
        return any(route.matches(asked)[0] is Match.FULL for route in self._routes)
