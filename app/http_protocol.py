"""uvicorn's HTTP protocol, whose own answer to what is no HTTP takes the form of every other error."""

from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.problems import problem
from app.request_id import HEADER, new_request_id


class HttpProtocol(HttpToolsProtocol):
    """Answers a request that cannot be parsed, and so never reaches the application, as the application would."""

    def send_400_response(self, msg: str) -> None:
        """`msg` is the parser's; it says no more than that the request is invalid."""
        response = problem(HTTPStatus.BAD_REQUEST, msg, headers={"Connection": "close"})
        headers = [*self.server_state.default_headers, *response.raw_headers, (HEADER, new_request_id())]
        lines = [b"HTTP/1.1 400 Bad Request", *(b": ".join(header) for header in headers), b"", bytes(response.body)]
        self.transport.write(b"\r\n".join(lines))
        self.transport.close()
