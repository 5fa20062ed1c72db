"""Bytes to a service and back, for tests that send what no HTTP library would."""

import contextlib
import re
import socket
from urllib.parse import urlsplit

BODY = b'{"text": "calm"}'
_STATUS = re.compile(rb"(?:^|(?<=\}))HTTP/1\.1 (\d{3}) ")


@contextlib.contextmanager
def connection(service):
    """An open connection, closed with the block."""
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connected:
        yield connected


def read_to_end(connected):
    """All that comes until the service closes; a reset raises `ConnectionResetError`."""
    return b"".join(iter(lambda: connected.recv(65_536), b""))


def exchange(service, *parts):
    """All that comes back for `parts`."""
    with connection(service) as connected:
        for part in parts:
            connected.sendall(part)
        return read_to_end(connected)


def statuses(answers):
    """The statuses of answers that follow one another, whose bodies are JSON objects."""
    return [int(status) for status in _STATUS.findall(answers)]


def request(*headers, line="POST /predict HTTP/1.1", body=BODY):
    """A request of these headers alone."""
    return "\r\n".join([line, *headers, "", ""]).encode("latin-1") + body


def predict(*headers):
    """A request as it should be."""
    return request("Host: x", f"Content-Length: {len(BODY)}", *headers)
