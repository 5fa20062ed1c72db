"""Explanations for callers on the event loop: admitted as predictions are, and worked out in a thread of their own.

What an explanation is, `model.explanation` knows; what its JSON is, `app.explanation_json`.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from app.admission import Admission
from app.background_thread import BackgroundThread
from app.model_host import ModelHost, Serving
from app.statistics import Statistics

ROOM = 32
"""Texts of the queue that an explanation takes the place of: it takes about as long as that many predictions."""

T = TypeVar("T")


class Explaining:
    """Works on one explanation at a time, while predictions go on."""

    def __init__(self, models: ModelHost, admission: Admission, statistics: Statistics) -> None:
        self._models, self._admission, self._statistics = models, admission, statistics
        self._thread = BackgroundThread("explaining")

    def check_room(self) -> None:
        """Raises `QueueFullError` where any request would be refused, so that it need not be parsed."""
        self._admission.check()

    async def run(self, call: Callable[[Serving], T]) -> T:
        """What `call` makes of the model that serves now.

        Raises `NotReadyError` without a model, `QueueFullError` where there is no room, and what `call` raises.
        """
        serving = self._models.serving()
        room = min(ROOM, self._admission.limit)
        self._admission.take(room)
        try:
            with self._statistics.request(1):
                return await self._thread.run(partial(call, serving))
        finally:
            self._admission.release(room)

    def busy_s(self) -> float:
        """How long the present explanation has taken; 0 where there is none."""
        return self._thread.busy_s()
