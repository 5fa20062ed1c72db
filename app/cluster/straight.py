"""The straight way from the HTTP server that Ray opens in a replica to the application in it.

Ray's own way makes a task, a context and several metrics of each request, which takes longer than to answer it. This
is a middleware in front of it, named to Ray by RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH in the environment of
replicas. What it passes by is in docs/cluster.md.
"""

from http import HTTPStatus
from typing import Any

from ray import serve
from ray.serve.exceptions import RayServeException
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OF_RAY = "/-/"
"""Begins the paths that Ray answers itself, such as its balancer's `/-/healthz`."""


def middlewares() -> list[Middleware]:
    """What Ray asks for, in each process that opens an HTTP port."""
    return [Middleware(Straight)]


class Straight:
    """Calls the application that this process holds; where it holds none, as a proxy, calls Ray."""

    def __init__(self, ray_app: ASGIApp) -> None:
        self._ray_app = ray_app
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] != "http" or scope["path"].startswith(_OF_RAY):
            await self._ray_app(scope, receive, self._watched(send))
            return
        if self._app is None:  # Ray opens the port before it knows what the replica holds
            self._app = getattr(_held(), "straight", self._ray_app)
        await self._app(scope, receive, send)

    def _watched(self, send: Send) -> Send:
        """Have the replica learn that it ends, which Ray tells its balancer alone, by `/-/healthz`."""

        async def watched_send(message: Message) -> None:
            if message.get("status") == HTTPStatus.SERVICE_UNAVAILABLE and self._app is not None:
                _held().leave()
            await send(message)

        return watched_send


def _held() -> Any:
    """The instance of the deployment in this process; None where it has none."""
    try:
        return serve.get_replica_context().servable_object
    except RayServeException:  # no replica
        return None
