"""The short way to the endpoints of the hot routes: no routing, no dependency injection, no response validation.

The framework's own way costs several times what such an endpoint does itself. The routes stay declared as any
other, which is what OpenAPI and every other method of theirs go by; only their calls take this way.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import QueueFullError
from app.keys import Keyring
from app.problems import refusal
from app.service import Service
from model.errors import TercetError

_REFUSAL_S = (0.1, 0.5)
"""How long a request is held that does not fit the queue, at random: those refused together do not come back together.
Many clients come back at once, and refusing ten times as many requests as one answers would take most of the time."""

Endpoint = Callable[[Request, Service], Awaitable[Response]]


class Shortcut:
    """Calls an endpoint with the request and the service; sends everything else to the application."""

    def __init__(self, app: ASGIApp, service: Service, keyring: Keyring, posts: Mapping[str, Endpoint]) -> None:
        """`posts` are the endpoints of POST requests of clients by their paths, below the root path."""
        self._app, self._service = app, service
        self._posts = {path: _guarded(endpoint, keyring) for path, endpoint in posts.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        endpoint = None
        if scope["type"] == "http" and scope["method"] == "POST":
            endpoint = self._posts.get(scope["path"].removeprefix(scope["root_path"]))
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        try:
            response = await endpoint(Request(scope, receive), self._service)
        except ClientDisconnect:
            return
        except QueueFullError as error:
            await asyncio.sleep(random.uniform(*_REFUSAL_S))  # noqa: S311 - no secret
            response = refusal(error)
        except TercetError as error:
            response = refusal(error)
        await response(scope, receive, send)


def _guarded(endpoint: Endpoint, keyring: Keyring) -> Endpoint:
    """The endpoint for those with a key; where none is asked for, the endpoint itself."""
    if keyring.open_to_clients:
        return endpoint

    async def guarded(request: Request, service: Service) -> Response:
        keyring.check_client(request.scope["headers"])
        return await endpoint(request, service)

    return guarded
