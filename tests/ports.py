"""Ports of this machine for servers that tests start."""

import itertools
import os
import socket

_LOWEST, _OF_A_PROCESS, _PROCESSES = 10_000, 5_500, 4
"""Below 32,768, from where Linux takes the ports of connections: any of them may be in use a moment later."""
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _PROCESSES
_numbers = itertools.cycle(range(_LOWEST + _worker * _OF_A_PROCESS, _LOWEST + (_worker + 1) * _OF_A_PROCESS))


def free_port() -> int:
    """One that nobody listens on, and that no other test is given for a long time."""
    return next(port for port in _numbers if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("", port))
        except OSError:
            return False
    return True
