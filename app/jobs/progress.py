"""How far a training is: the last of what it said, and an estimate of the seconds left."""

import time
from collections.abc import Callable
from typing import Any

from model.run_events import Advance, Stage

_FIGURES = ("loss", "accuracy", "validation_loss", "validation_accuracy")


class Progress:
    """What `Job.progress` holds. What is not known yet is absent."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._known: dict[str, Any] = {"stage": "start"}
        self._first: tuple[float, float] | None = None
        """When the first epoch was seen, and which part of all epochs was done then: of a run that goes on, not 0."""
        self._done = 0.0

    def take(self, event: Stage | Advance) -> dict[str, Any] | None:
        """Note what a training said. Where that ends an epoch, the epoch's figures."""
        figures = {name: self._known[name] for name in _FIGURES if name in self._known}
        self._known = {"stage": event.stage, **figures}
        if event.epoch is not None and event.of:
            self._known |= {"epoch": event.epoch, "of": event.of}
            self._take_epoch(event)
        if isinstance(event, Advance):
            said = {name: getattr(event, name) for name in _FIGURES}
            self._known |= {name: figure for name, figure in said.items() if figure is not None}
            if event.epoch is not None and event.validation_loss is not None:
                return {name: self._known[name] for name in ("epoch", "of", *_FIGURES) if name in self._known}
        return None

    def now(self) -> dict[str, Any]:
        """The progress at this moment."""
        moment = self._clock()
        known = {**self._known, "elapsed_s": round(moment - self._began, 1)}
        if self._first is not None and "epoch" in known:
            since, before = self._first
            if self._done > before:
                rate = (self._done - before) / (moment - since)
                known["seconds_left"] = round(max(0.0, 1 - self._done) / rate, 1)
        return known

    def _take_epoch(self, event: Stage | Advance) -> None:
        epoch, of = event.epoch or 1, event.of or 1
        done = event.done if isinstance(event, Advance) else 0
        if event.total:
            self._known |= {"batch": done, "batches": event.total}
        self._done = (epoch - 1 + (done / event.total if event.total else 0)) / of
        if self._first is None:
            self._first = self._clock(), self._done
