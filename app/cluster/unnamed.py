"""The application as Ray's own proxy wants it: without `X-Request-ID` in answers, which that adds."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.request_id import HEADER


class Unnamed:
    """Takes that header off."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""

        async def unnamed_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [each for each in message["headers"] if each[0] != HEADER]
            await send(message)

        await self._app(scope, receive, unnamed_send)
