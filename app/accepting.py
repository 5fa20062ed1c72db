"""Taking connections from the port, which several processes may share, so that each of them gets its part.

The kernel wakes every process that waits for a connection, and whichever is awake first would get nearly all of them,
and keep them for as long as clients keep them open. A process that is alone takes what has come: uvloop's own server
takes one connection a pass, so that under load the last of 600 new clients would wait for seconds.
"""

import asyncio
import contextlib
import logging
import math
import socket
from collections.abc import Callable

from app.statistics import Statistics

_PATIENCE_S = 0.002
"""How long a connection is left to a process that has one fewer: if it is idle, ten times what it needs."""
_LONGEST_PATIENCE_S = 0.05
"""And to one that has many fewer: where processors are scarce, it may not have run for a while."""
_AT_ONCE = 64
"""Connections that are taken in a pass of the event loop; each takes some 50 µs."""
_TOLERANCE = 1 / 8
"""By how much of the fewest one may be ahead, so that hundreds of new clients do not wait for one another."""
_AFTER_ERROR_S = 1.0
"""As asyncio's own server waits where there are no file descriptors left."""
_FULL_S = 0.05
"""How often to look whether there is room for a further connection."""
_PUBLISH_S = 0.1
"""How often the others learn that connections were closed; those that are taken they see at once."""
_MANY = 5
"""Connections in that time, from which on it is worth asking whether they end as fast as they begin."""
STUCK_AFTER_S = 1.0
"""A process that published nothing for so long is not waited for."""

logger = logging.getLogger(__name__)


class Acceptor:
    """Takes connections, and leaves them for a moment to a process that has fewer."""

    def __init__(
        self,
        listener: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        opened: Callable[[], int],
        counters: Statistics,
        most: float = math.inf,
    ) -> None:
        """Begin. `opened` counts the connections that this process has open; beyond `most`, clients wait for room."""
        self._listener, self._protocol, self._opened, self._counters = listener, protocol, opened, counters
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._beginning: set[asyncio.Task[None]] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._taken = self._taken_before = self._closed_before = 0
        self._short_lived = self._closing = False
        listener.setblocking(False)
        self._publish()
        self._listen()

    async def close(self) -> None:
        """Take what waits and nothing after it, and return once all that was taken counts as open."""
        self._loop.remove_reader(self._listener)
        for timer in self._timers.values():
            timer.cancel()
        self._closing = True
        while self._accept():
            pass
        self._counters.connected(None)
        while self._beginning:
            await asyncio.wait(self._beginning)

    def _listen(self) -> None:
        self._loop.add_reader(self._listener, self._readable)

    def _readable(self) -> None:
        for _ in range(_AT_ONCE):
            if self._count() >= self._most:
                self._pause(_FULL_S)
                return
            fewest = self._counters.fewest_elsewhere(STUCK_AFTER_S)
            ahead = self._count() - fewest
            if ahead > fewest * _TOLERANCE and not self._short_lived:
                self._pause(min(ahead * _PATIENCE_S, _LONGEST_PATIENCE_S))
                return
            if not self._accept():
                return

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._listener)
        self._timers["pause"] = self._loop.call_later(seconds, self._end_pause)

    def _end_pause(self) -> None:
        self._listen()
        if self._count() < self._most:
            self._accept()

    def _accept(self) -> bool:
        """Whether there was a connection to take."""
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False  # another process was faster, or the client has left
        except OSError as error:
            logger.error("Cannot take a connection: %s", error.strerror or error)  # noqa: TRY400 - no defect
            if not self._closing:
                self._pause(_AFTER_ERROR_S)
            return False
        self._taken += 1
        task = self._loop.create_task(self._begin(connection))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)
        self._counters.connected(self._count())
        return True

    async def _begin(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the client has left already
            await self._loop.connect_accepted_socket(self._protocol, connection)

    def _count(self) -> int:
        return self._opened() + len(self._beginning)

    def _publish(self) -> None:
        count = self._count()
        self._counters.connected(count)
        closed, taken = self._taken - count - self._closed_before, self._taken - self._taken_before
        # What ends as fast as it begins does not pile up anywhere, and patience would only slow it down.
        self._short_lived = taken >= _MANY and 2 * closed >= taken
        self._closed_before, self._taken_before = self._closed_before + closed, self._taken
        self._timers["publish"] = self._loop.call_later(_PUBLISH_S, self._publish)
