"""Taking the port, before anything slow is done, so that a conflict is known at once."""

import contextlib
import ctypes
import errno
import socket
import struct
import sys

from app.errors import StartError

_BACKLOG = 2048
_ATTACH_FILTER = 26
"""SO_ATTACH_FILTER of Linux, which Python does not name."""
_NOT_SYN = struct.pack(
    "=HBBI HBBI HBBI HBBI".replace(" ", ""),
    *(0x30, 0, 0, 13),  # load the byte of the TCP header that holds its flags
    *(0x45, 0, 1, 0x02),  # where SYN is set,
    *(0x06, 0, 0, 0),  # drop the packet;
    *(0x06, 0, 0, 0xFFFFFFFF),  # otherwise take all of it
)
"""A program of the kernel's packet filter, four instructions."""


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


def begin_no_connection(listener: socket.socket) -> None:
    """Have the kernel pass over connections that only now begin; those whose handshake is under way come to be.

    To close a port resets connections that nobody has accepted, though their clients may have sent a request already.
    After this none is added to them, so that they can all be accepted first. A client that was passed over tries
    again a second later and is then refused. Linux alone; elsewhere, and where this process may not, it does nothing.
    """
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(_NOT_SYN)
    with contextlib.suppress(OSError):  # as in some containers: a few connections may then be reset
        listener.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("@HP", 4, ctypes.addressof(program)))


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
