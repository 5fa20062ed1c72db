"""The short way to the endpoints of the hot routes: no routing, no dependency injection, no response validation.

The framework's own way costs several times what such an endpoint does itself. The routes stay declared as any
other, which is what OpenAPI and every other method of theirs go by; only their calls take this way.
"""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import QueueFullError
from app.exchange import ROUTE
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
        """`posts` are the endpoints of POST requests of clients by their paths, below the root path.

        A path may have parameters as a route's may, such as `/v2/models/{name}/infer`: the request's `path_params`.
        """
        self._app, self._service = app, service
        guarded = {path: _guarded(endpoint, keyring) for path, endpoint in posts.items()}
        self._posts = {path: endpoint for path, endpoint in guarded.items() if "{" not in path}
        self._patterns = [
            _Pattern(compile_path(path)[0], path, endpoint) for path, endpoint in guarded.items() if "{" in path
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        endpoint = None
        if scope["type"] == "http" and scope["method"] == "POST":
            route = scope["path"].removeprefix(scope["root_path"])
            endpoint = self._posts.get(route)
            if endpoint is None:
                route, endpoint = self._by_pattern(route, scope)
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        scope[ROUTE] = route
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

    def _by_pattern(self, path: str, scope: Scope) -> tuple[str, Endpoint | None]:
        for pattern in self._patterns:
            if match := pattern.regex.fullmatch(path):
                scope["path_params"] = match.groupdict()
                return pattern.route, pattern.endpoint
        return path, None


class _Pattern(NamedTuple):
    """The endpoint of all paths that match."""

    regex: re.Pattern[str]
    route: str
    endpoint: Endpoint


def _guarded(endpoint: Endpoint, keyring: Keyring) -> Endpoint:
    """The endpoint for those with a key; where none is asked for, the endpoint itself."""
    if keyring.open_to_clients:
        return endpoint

    async def guarded(request: Request, service: Service) -> Response:
        keyring.check_client(request.scope["headers"])
        return await endpoint(request, service)

    return guarded
