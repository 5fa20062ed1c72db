"""Those who watch exchanges, told of many at a stretch: in between requests, what they do takes three times as long."""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from app.exchange import Exchange

TOLD_WITHIN_S: Final = 0.05
_MOST_WAITING: Final = 64
"""What all of them do for so many takes a fraction of a millisecond of the event loop."""


class Watcher(Protocol):
    """Is told of every exchange that has ended."""

    def ended(self, exchange: Exchange) -> None:
        """It was answered, or its client has left. Somewhat later."""


class Audience:
    """The watchers of one process. For the event loop's thread alone."""

    def __init__(self, watchers: Sequence[Watcher] = ()) -> None:
        self.watchers = watchers
        self._ended: list[Exchange] = []

    def add(self, exchange: Exchange) -> None:
        """Have them told of `exchange` within `TOLD_WITHIN_S`."""
        self._ended.append(exchange)
        if len(self._ended) == 1:
            asyncio.get_running_loop().call_later(TOLD_WITHIN_S, self.tell)
        elif len(self._ended) >= _MOST_WAITING:
            self.tell()

    def tell(self) -> None:
        """Tell them of what has ended until now."""
        ended, self._ended = self._ended, []
        for watcher in self.watchers:
            for exchange in ended:
                watcher.ended(exchange)
