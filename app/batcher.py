"""The batcher: rows of many callers become one run of the network, in a thread of its own.

There is no waiting window: the thread takes what has gathered the moment it is free, so that an idle service adds
no delay and a busy one batches by itself. A run so short that handing it over would take longer is done at once,
on the event loop. It bounds nothing; `app.admission` does.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.model_host import Serving
from app.statistics import Statistics

_FEW_ROWS = 8

Ids = NDArray[np.int32]
Probabilities = NDArray[np.float32]


class Tokenized(NamedTuple):
    """What the encoder made of a caller's texts, for those that count among what is predicted."""

    began: float
    """By `time.perf_counter`."""
    words: int
    known: int


class Ran(NamedTuple):
    """What a caller gets, and when it came about, by `time.perf_counter`."""

    probabilities: Probabilities
    """(rows, classes)"""
    best: list[int]
    """The most probable class of each row."""
    since: float
    """When the caller began to wait."""
    began: float
    """When the run of the network began that its rows were in."""
    ended: float
    batch: int
    """Rows of all callers in that run."""


@dataclass(slots=True)
class _Part:
    """Rows of one caller, and where their answer goes."""

    serving: Serving
    ids: Ids
    """(rows, sequence_length)"""
    tokenized: Tokenized | None
    answer: "asyncio.Future[Ran]"
    since: float = field(default_factory=time.perf_counter)


@dataclass(slots=True)
class _Run:
    """A run of the network that has ended."""

    batch: Sequence[_Part]
    outcome: Probabilities | BaseException
    began: float
    ended: float


class Batcher:
    """Runs the network for callers on one event loop. Starts with the first call; `stop` ends it after those given.

    The thread is a daemon, since a thread inside TensorFlow cannot be interrupted and must not keep the process
    from ending.
    """

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self._arrived: list[_Part] = []
        self._parts: queue.SimpleQueue[_Part | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._busy_since: float | None = None

    async def run(self, serving: Serving, ids: Ids, tokenized: Tokenized | None = None) -> Ran:
        """What the model of `serving` says of `ids` (rows, sequence_length); with `tokenized` it is counted.

        Raises `RuntimeError` where the network failed on these very rows, or where the thread has ended, so that
        nobody waits for ever. Cancelled before its turn, it never runs.
        """
        if not self.alive():
            raise RuntimeError("The inference thread has ended.")
        part = _Part(serving, ids, tokenized, asyncio.get_running_loop().create_future())
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="inference", daemon=True)
            self._thread.start()
        if not self._arrived:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._arrived.append(part)
        return await part.answer

    def alive(self) -> bool:
        """Whether it can still take calls: true before the first one, false once the thread has ended."""
        return self._thread is None or self._thread.is_alive()

    def busy_s(self) -> float:
        """How long the thread's present run has taken; 0 where there is none."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    def stop(self) -> None:
        """Let the thread end after what it was given. Does not wait for it."""
        self._hand_over()
        if self._thread is not None:
            self._parts.put(None)

    def _hand_over(self) -> None:
        """Run what came in one pass of the event loop: woken by the first, the thread would take that one alone."""
        arrived, self._arrived = self._arrived, []
        if self._is_short(arrived):
            self._deliver(_run(arrived))
            return
        for part in arrived:
            self._parts.put(part)

    def _is_short(self, parts: Sequence[_Part]) -> bool:
        """Whether to run `parts` on the event loop: few rows for one network, and nothing before them."""
        if self._busy_since is not None or not self._parts.empty():
            return False
        rows = sum(len(part.ids) for part in parts)
        return all(part.serving is parts[0].serving and rows <= part.serving.engine.inline_rows for part in parts)

    def _work(self) -> None:
        held: _Part | None = None
        while (first := held or self._parts.get()) is not None:
            self._busy_since = time.monotonic()
            batch, held = self._gather(first)
            runs = _run(batch)
            self._busy_since = None
            if runs:
                self._deliver_soon(runs)
            del first, batch, runs  # or the last caller's arrays live until the next one comes

    def _gather(self, first: _Part) -> tuple[list[_Part], _Part | None]:
        """`first` and those behind it that fit into one run, and the one that did not."""
        batch, rows, most = [first], len(first.ids), first.serving.engine.best_batch
        while rows < most:
            try:
                part = self._parts.get_nowait()
            except queue.Empty:
                return batch, None
            if part is None:
                self._parts.put(None)  # `stop` was called: for the next round
                return batch, None
            if part.serving is not first.serving or rows + len(part.ids) > most:
                return batch, part
            batch.append(part)
            rows += len(part.ids)
        return batch, None

    def _deliver_soon(self, runs: Sequence[_Run]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, so nobody waits any more
            runs[0].batch[0].answer.get_loop().call_soon_threadsafe(self._deliver, runs)

    def _deliver(self, runs: Sequence[_Run]) -> None:
        """On the event loop: give each part its rows, but for those whose caller has left."""
        for run in runs:
            best: list[int] = []
            if isinstance(run.outcome, BaseException):
                for part in run.batch:
                    if not part.answer.done():
                        part.answer.set_exception(_failure(run.outcome))
            else:
                best = run.outcome.argmax(axis=1).tolist()  # (rows of all parts,)
                _give(run, run.outcome, best)
            self._record(run, best)

    def _record(self, run: _Run, best: list[int]) -> None:
        """Count the run, and what it predicted; once a run, which is cheaper than once a caller."""
        start, words, known, queue_s = 0, 0, 0, 0.0
        counted: list[slice] = []
        for part in run.batch:
            end, waited = start + len(part.ids), run.began - part.since
            queue_s += waited * len(part.ids)
            if part.tokenized is not None and best:
                self._statistics.staged(part.since - part.tokenized.began, waited)
                words += part.tokenized.words
                known += part.tokenized.known
                counted.append(slice(start, end))
            start = end
        self._statistics.ran(start, queue_s, run.ended - run.began)
        if counted and not isinstance(run.outcome, BaseException):
            rows = run.outcome
            if len(counted) < len(run.batch):
                rows = np.concatenate([rows[each] for each in counted])  # (rows that count, classes)
                best = [winner for each in counted for winner in best[each]]
            serving, confidence = run.batch[0].serving, _confidence(rows)
            self._statistics.predicted(serving.version, serving.bundle.manifest.labels, best, confidence, known, words)


def _confidence(rows: Probabilities) -> float:
    """The sum of each row's largest; NumPy takes longer than Python for a few rows."""
    if len(rows) <= _FEW_ROWS:
        return float(sum(map(max, rows.tolist())))
    return float(rows.max(axis=1).sum())


def _give(run: _Run, outcome: Probabilities, best: list[int]) -> None:
    """Each part its rows of `outcome`."""
    start, batch = 0, len(outcome)
    for part in run.batch:
        end = start + len(part.ids)
        if not part.answer.done():
            rows = outcome[start:end]  # (rows of the part, classes)
            part.answer.set_result(Ran(rows, best[start:end], part.since, run.began, run.ended, batch))
        start = end


def _run(batch: Sequence[_Part]) -> list[_Run]:
    """Run `batch`, but for those who left. Where the network fails on several, each runs alone: one may be to blame."""
    batch = [part for part in batch if not part.answer.cancelled()]
    if not batch:
        return []
    began = time.perf_counter()
    outcome: Probabilities | BaseException
    try:
        outcome = _probabilities(batch)
    except BaseException as error:  # noqa: BLE001 - it is the caller's, whatever it is
        outcome = error
    if isinstance(outcome, BaseException) and len(batch) > 1:
        return [run for part in batch for run in _run([part])]
    return [_Run(batch, outcome, began, time.perf_counter())]


def _probabilities(batch: Sequence[_Part]) -> Probabilities:
    engine = batch[0].serving.engine
    if len(batch) == 1:
        return engine.probabilities(batch[0].ids)
    return engine.probabilities(np.concatenate([part.ids for part in batch]))  # (rows of all parts, classes)


def _failure(error: BaseException) -> RuntimeError:
    """An error that a future takes, as it does not take every one, and that no two callers share."""
    failure = RuntimeError(f"The network failed ({type(error).__name__}: {error}).")
    failure.__cause__ = error
    return failure
