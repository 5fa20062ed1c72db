"""How long a connection may take: what one client leaves open, others cannot have.

A stream and an upload of a data set go at their own pace, and see to it themselves that they go on at all.
"""

import asyncio
import contextlib
import resource
import socket
from collections.abc import Callable, Collection, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.settings import Settings

_OWN_PACE = "own_pace"
_SHORTEST_LOOK_S, _LONGEST_LOOK_S = 0.02, 1.0
_OWN_FILES = 200
"""File descriptors that are left to everything else: databases, models, logs."""
_PROBE_AFTER_S, _PROBE_EVERY_S, _PROBES = 60, 15, 4
"""A peer that is gone without a word is noticed after two minutes; most load balancers ask for no more."""


@dataclass(slots=True)
class Terms:
    """What a process asks of its connections."""

    header_bytes: int = 65_536
    header_s: float = 10.0
    body_s: float = 60.0
    leaving: bool = False
    """Whether the process ends soon: each answer is the last on its connection."""
    on_refusal: Callable[[int], None] = lambda _: None
    """Called with the status of each answer to what never was a request, so that nobody else counts it."""

    @classmethod
    def of(cls, settings: Settings) -> "Terms":
        """Those that the settings name."""
        return cls(settings.max_header_bytes, settings.header_timeout_s, settings.body_timeout_s)


class Watched(Protocol):
    """A connection that can be late."""

    def look(self, now: float) -> None:
        """End what takes too long at `now`, a time of the event loop."""


def go_at_own_pace(scope: MutableMapping[str, Any]) -> None:
    """Leave it to the route how long the body of this request may take."""
    scope.get("state", {})[_OWN_PACE] = True


def goes_at_own_pace(state: Mapping[str, Any]) -> bool:
    """Whether the route sees to that, by the `state` of the request's scope."""
    return _OWN_PACE in state


async def watch(connections: Collection[Watched], terms: Terms) -> None:
    """Look at every connection now and then, for ever. A timer for each request would cost each of them more."""
    loop = asyncio.get_running_loop()
    pause_s = min(max(min(terms.header_s, terms.body_s) / 10, _SHORTEST_LOOK_S), _LONGEST_LOOK_S)
    while True:
        await asyncio.sleep(pause_s)
        now = loop.time()
        for connection in tuple(connections):
            connection.look(now)


def most_connections(wanted: int) -> int:
    """`wanted`, or as many as there are file descriptors for, once the process takes all that it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and soft < hard:
        with contextlib.suppress(ValueError, OSError):  # a system that gives fewer than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft - _OWN_FILES))


def notice_lost_peers(listener: socket.socket, stream_idle_s: int) -> None:
    """Have the kernel end connections whose peer is gone, or takes nothing for longer than a stream's may.

    Connections inherit it from the port. Where the system has no such option, its own times hold.
    """
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    untaken_s = max(_PROBE_AFTER_S + _PROBES * _PROBE_EVERY_S, 2 * stream_idle_s)
    for name, value in (
        ("TCP_KEEPIDLE", _PROBE_AFTER_S),
        ("TCP_KEEPINTVL", _PROBE_EVERY_S),
        ("TCP_KEEPCNT", _PROBES),
        ("TCP_USER_TIMEOUT", untaken_s * 1000),
    ):
        option = getattr(socket, name, None)
        if option is not None:
            listener.setsockopt(socket.IPPROTO_TCP, option, value)
