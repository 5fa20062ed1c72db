"""Taking the port, before anything slow is done, so that a conflict is known at once."""

import errno
import socket

from app.errors import StartError

_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises `StartError` with one line."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise StartError(f"TERCET_HOST={host} is no address of this machine ({error}).") from error
    family, kind, protocol, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)  # two processes may both bind; only one may listen
    except OSError as error:
        listener.close()
        raise StartError(_explain(error, host, port)) from error
    return listener


def url(listener: socket.socket) -> str:
    """The address of the service, as a browser takes it."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by another process; set TERCET_PORT (make serve PORT={port + 1})."
    if error.errno == errno.EACCES:
        return f"Port {port} on {host} needs more rights than this user has; set TERCET_PORT to one from 1024."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"TERCET_HOST={host} is no address of this machine; use 127.0.0.1, or 0.0.0.0 for all."
    return f"Cannot listen on {host}, port {port}: {error.strerror or error}."
