"""A name service that knows one name, as Docker's does: each address that a container of that name has."""

import contextlib
import socket
import struct
import threading

_A = 1
_HEADER_BYTES = 12


@contextlib.contextmanager
def answering(addresses):
    """The port of 127.0.0.1 that answers for the length of the block; `addresses` may change meanwhile."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(listener, addresses))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", listener.getsockname())
            thread.join()


def _serve(listener, addresses):
    while True:
        query, client = listener.recvfrom(4096)
        if not query:
            return
        listener.sendto(_answer(query, addresses), client)


def _answer(query, addresses):
    """RFC 1035: the question again, and for type A a record with a life of a second for each address."""
    end = query.index(0, _HEADER_BYTES) + 5
    (kind,) = struct.unpack(">H", query[end - 4 : end - 2])
    found = addresses if kind == _A else []
    records = b"".join(struct.pack(">HHHIH", 0xC00C, _A, 1, 1, 4) + socket.inet_aton(each) for each in found)
    return query[:2] + struct.pack(">HHHHH", 0x8180, 1, len(found), 0, 0) + query[_HEADER_BYTES:end] + records
