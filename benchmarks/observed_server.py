"""Tercet whose metrics, access log and traces are switched on and off while it runs, slice after slice of time.

`python -m benchmarks.observed_server FILE`. What it did in each slice goes to FILE, an object of JSON a line. In one
process and under one load nothing else differs, so a machine that others use too blurs all of it alike.
"""

import asyncio
import json
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from unittest import mock

from app import application
from app.audience import Audience
from app.classifier import Classifier
from app.cli import cli
from app.exchange_middleware import ExchangeMiddleware, Tracer
from app.model_host import Serving
from app.statistics import Statistics
from app.tracing import sampling
from app.tracing.recorder import Recorder

SLICE_S: Final = 0.1
_FLUSH_AFTER_S: Final = 1.0
NOTHING, CONTROL = "nothing", "nothing again"
METRICS, LOG = "metrics", "metrics, access log"
TRACES, HUNDREDTH, EVERY = (
    "metrics, access log, traces",
    "the same with one request in 100 traced",
    "the same with every request traced",
)
KINDS: Final = (NOTHING, CONTROL, METRICS, LOG, TRACES, HUNDREDTH, EVERY)
_SAMPLERS: Final = {
    TRACES: {},
    HUNDREDTH: {"OTEL_TRACES_SAMPLER_ARG": "0.01"},
    EVERY: {"OTEL_TRACES_SAMPLER": "always_on"},
}


class Switched(ExchangeMiddleware):
    """The middleware, which can be told what to observe."""

    def __init__(self, app: Any, audience: Audience, tracer: Recorder) -> None:
        super().__init__(app, audience, tracer)
        self.counting = True
        self._all = audience.watchers
        self._loop = asyncio.get_running_loop()
        self._unsent_s: dict[str, float] = {}
        exporter = vars(tracer)["_exporter"]
        self._flush = vars(exporter)["_processor"].force_flush
        # What a second allows comes in a second of all kinds, and is taken in the share of it that is of one.
        with mock.patch.object(sampling, "MOST_A_SECOND", sampling.MOST_A_SECOND / len(KINDS)):
            self._tracers: dict[str, Tracer] = {
                kind: Recorder(sampling.sampler(names), exporter) for kind, names in _SAMPLERS.items()
            }
        SWITCHES.append(self)

    def switch(self, kind: str) -> None:
        """Observe so much from now on; what ended before is told to those who observed it."""
        done = threading.Event()
        self._loop.call_soon_threadsafe(self._change, kind, done)
        done.wait()

    def _change(self, kind: str, done: threading.Event) -> None:
        self._audience.tell()
        self.counting = kind not in (NOTHING, CONTROL)
        self._audience.watchers = {NOTHING: (), CONTROL: (), METRICS: self._all[:1]}.get(kind, self._all)
        self._tracer = self._tracers.get(kind)
        done.set()

    def flush(self, kind: str) -> None:
        """Send the spans of its slices, once a second of them: left alone, others would pay, five seconds later.

        Where every request is traced, after each slice: the thread that sends them would be at it in the next.
        """
        self._unsent_s[kind] = self._unsent_s.get(kind, 0.0) + SLICE_S
        if self._tracer is not None and (kind == EVERY or self._unsent_s[kind] >= _FLUSH_AFTER_S):
            self._unsent_s[kind] = 0.0
            self._flush()


SWITCHES: Final[list[Switched]] = []


def _switched(run: Callable[..., Any]) -> Callable[..., Any]:
    """The classifier's own, which counts nothing while nothing is to be counted."""

    def if_counting(self: Classifier, serving: Serving, texts: Sequence[str], *, counted: bool) -> Any:
        return run(self, serving, texts, counted=counted and SWITCHES[0].counting)

    return if_counting


def _take_turns(counters: Statistics, out: Path) -> None:
    """For ever: a slice of each kind, each turn in another order."""
    turn, order = 0, random.Random(0)
    with out.open("w", encoding="utf-8") as file:
        while True:
            for kind in order.sample(KINDS, len(KINDS)):
                SWITCHES[0].switch(kind)
                before = counters.requests(), time.process_time(), time.perf_counter()
                time.sleep(SLICE_S)
                SWITCHES[0].flush(kind)
                after = counters.requests(), time.process_time(), time.perf_counter()
                requests, cpu_s, seconds = (b - a for a, b in zip(before, after, strict=True))
                said = {"turn": turn, "kind": kind, "requests": requests, "cpu_s": cpu_s, "seconds": seconds}
                file.write(json.dumps(said) + "\n")
                file.flush()
            turn += 1


def main(out: Path) -> None:
    counters: list[Statistics] = []
    make = application.create_app

    def create_app(*arguments: Any, **options: Any) -> Any:
        app = make(*arguments, **options)
        counters.append(app.state.service.statistics)
        return app

    def begin() -> None:
        while not (SWITCHES and counters):
            time.sleep(0.1)
        _take_turns(counters[0], out)

    threading.Thread(target=begin, daemon=True).start()
    with (
        mock.patch("app.server.create_app", create_app),
        mock.patch.object(application, "ExchangeMiddleware", Switched),
        mock.patch.object(Classifier, "_run", _switched(vars(Classifier)["_run"])),
    ):
        cli([])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
