"""Replicas to be balanced: each on an address of its own of this machine, all on one port, as containers are."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Is ready; says who it is; and to a POST gives back each chunk as it comes."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        body = self.connection.getsockname()[0].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        chunk = b"first"
        while chunk:
            chunk = self.rfile.read(int(self.rfile.readline(), 16))
            self.rfile.readline()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))


class Replica:
    """One that answers until it is stopped."""

    def __init__(self, address, port):
        self._server = ThreadingHTTPServer((address, port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self):
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


@contextlib.contextmanager
def replicas(addresses, port):
    """One on each address, for the length of the block."""
    running = [Replica(address, port) for address in addresses]
    try:
        yield running
    finally:
        for each in running:
            each.stop()
