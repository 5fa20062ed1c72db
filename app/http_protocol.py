"""uvicorn's HTTP protocol, and what it lacks: our form of error for what is no HTTP, and ways to end a connection."""

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.problems import problem
from app.request_id import HEADER, new_request_id
from app.stream import CONNECTION


class HttpProtocol(HttpToolsProtocol):
    """One connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Let the application drop the connection, which a client that does not read would keep open."""
        super().connection_made(transport)
        self._extensions: dict[str, dict[object, object]] = {CONNECTION: {"abort": transport.abort}}

    def on_message_begin(self) -> None:
        """Tell the application so."""
        super().on_message_begin()
        self.scope["extensions"] = self._extensions

    def on_response_complete(self) -> None:
        """Close the connection where the response came before the end of the request, so that nothing can follow it."""
        if not self.pipeline and self.cycle.more_body:
            self.transport.close()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer a request that cannot be parsed, and so never reaches the application, as the application would.

        `msg` is the parser's; it says no more than that the request is invalid.
        """
        response = problem(HTTPStatus.BAD_REQUEST, msg, headers={"Connection": "close"})
        headers = [*self.server_state.default_headers, *response.raw_headers, (HEADER, new_request_id())]
        lines = [b"HTTP/1.1 400 Bad Request", *(b": ".join(header) for header in headers), b"", bytes(response.body)]
        self.transport.write(b"\r\n".join(lines))
        self.transport.close()
