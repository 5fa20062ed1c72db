"""A reverse proxy that publishes a service below a path, which it takes off, as TERCET_ROOT_PATH expects."""

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding"}


@contextlib.contextmanager
def proxied(url: str, prefix: str) -> Iterator[str]:
    """The address of what `url` serves, below `prefix`. Answers pass as they come; each ends its connection."""
    target = urlsplit(url).netloc

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith(f"{prefix}/"):
                self.send_error(404)
                return
            with contextlib.closing(http.client.HTTPConnection(target)) as upstream:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                try:
                    upstream.request(self.command, self.path.removeprefix(prefix), body, dict(self.headers))
                    answer = upstream.getresponse()
                except OSError:
                    self.send_error(502)
                    return
                self._pass_on(answer)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 (http.server's names)

        def _pass_on(self, answer: http.client.HTTPResponse) -> None:
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _OF_ONE_CONNECTION:
                    self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):  # whoever asked may have gone
                while chunk := answer.read1():
                    self.wfile.write(chunk)

        def log_message(self, *_: object) -> None:
            """Nothing: the service keeps its own log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{prefix}"
        finally:
            server.shutdown()
            thread.join()
