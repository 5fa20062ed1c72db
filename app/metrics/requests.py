"""Requests as metrics see them: by route, method and status, from few values each, whatever a client sends."""

from typing import Final

from starlette.types import Scope

from app.exchange import Exchange
from app.statistics import Statistics

UNMATCHED: Final = "unmatched"
"""The route of what no route took."""
CLIENT_LEFT: Final = 499
"""As nginx says it: the client left before an answer began, or was given up in the middle of its body."""
_OTHER_METHOD: Final = "other"
_METHODS: Final = {name: name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}


class RequestMetrics:
    """Counts each exchange that has ended, and how long it took from its first byte to the last of its answer."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics

    def ended(self, exchange: Exchange) -> None:
        """Count it."""
        scope = exchange.scope
        self._statistics.exchanged(
            exchange.route or _mounted(scope),
            _METHODS.get(scope["method"], _OTHER_METHOD),
            exchange.status or CLIENT_LEFT,
            exchange.ended - exchange.began,
        )

    def refused(self, status: int) -> None:
        """Count the answer to what is no HTTP, or came too slowly to become a request; it took no time of its own."""
        self._statistics.refused_head(UNMATCHED, _OTHER_METHOD, status)


def _mounted(scope: Scope) -> str:
    """The pattern of what a mounted folder of files answers; whatever is in it has no route of its own."""
    mount = scope["root_path"].removeprefix(scope.get("app_root_path", scope["root_path"]))
    return f"{mount}/{{path}}" if mount else UNMATCHED
