"""A small real HTTP server on 127.0.0.1 whose misbehaviour a test chooses, answer by answer."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Request:
    """One request as a behaviour sees it, and the ways to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._handler = handler
        self.path = handler.path
        self.range = handler.headers.get("Range")
        self.if_range = handler.headers.get("If-Range")

    @property
    def start(self) -> int:
        """First byte asked for."""
        return int(self.range.removeprefix("bytes=").removesuffix("-")) if self.range else 0

    def send(self, status: int, body: bytes = b"", cut: int | None = None, **headers: str) -> None:
        """Answer; with `cut`, claim the whole body and drop the connection after that many bytes of it."""
        handler = self._handler
        handler.send_response(status)
        for name, value in {"content_length": str(len(body)), **headers}.items():
            if value:
                handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body[:cut])
        handler.close_connection = True

    def send_range(self, content: bytes, cut: int | None = None, etag: str = '"one"') -> None:
        """Answer as a well-behaved server does: the rest where the validator still holds, else the whole."""
        if self.range and self.if_range in {None, etag}:
            rest = content[self.start :]
            where = f"bytes {self.start}-{len(content) - 1}/{len(content)}"
            self.send(206, rest, cut, etag=etag, content_range=where)
        else:
            self.send(200, content, cut, etag=etag)


Behaviour = Callable[[Request], None]


class Server:
    """Answers the n-th request by the n-th behaviour, and all later ones by the last."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[Request] = []
        self.behaviours: list[Behaviour] = []

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        request = Request(handler)
        self.requests.append(request)
        self.behaviours[min(len(self.requests), len(self.behaviours)) - 1](request)


@contextmanager
def running_server() -> Iterator[Server]:
    """A server on a free port of 127.0.0.1, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Silence: the test looks at `Server.requests`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server = Server(f"http://127.0.0.1:{http.server_port}/glove.6B.zip")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
