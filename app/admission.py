"""Admission: how many texts may wait for the network at a time, who is refused, and who waits for room."""

import asyncio
from collections import deque

from app.errors import QueueFullError
from app.statistics import Statistics


class Admission:
    """Room for `limit` texts. For one event loop."""

    def __init__(self, limit: int, statistics: Statistics) -> None:
        self.limit = limit
        self._statistics = statistics
        self._taken = 0
        self._released: deque[asyncio.Future[None]] = deque()

    @property
    def taken(self) -> int:
        """Texts that hold room now."""
        return self._taken

    def check(self) -> None:
        """Raises `QueueFullError` where not even one text would fit."""
        if self._taken >= self.limit:
            raise self._refusal()

    def take(self, texts: int) -> None:
        """Hold room for `texts` until `release`. Raises `QueueFullError` where they do not fit."""
        if self._taken + texts > self.limit:
            raise self._refusal()
        self._taken += texts

    async def wait(self, texts: int) -> None:
        """Hold room for `texts` as soon as half of the limit is free, so that those who do not wait find room too."""
        while self._taken and self._taken + texts > self.limit // 2:
            released = asyncio.get_running_loop().create_future()
            self._released.append(released)
            await released
        self._taken += texts

    def release(self, texts: int) -> None:
        """Give back what `take` or `wait` held."""
        self._taken -= texts
        while self._released:
            waiter = self._released.popleft()
            if not waiter.done():
                waiter.set_result(None)

    def _refusal(self) -> QueueFullError:
        self._statistics.refused()
        return QueueFullError(
            f"{self._taken:,} texts are waiting and the limit is {self.limit:,} (TERCET_QUEUE_LIMIT). "
            "Try again shortly."
        )
