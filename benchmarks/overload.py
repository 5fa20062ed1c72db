"""Ten times as many clients as a full load takes: what the accepted requests wait, who is refused, and the memory."""

import contextlib
import json
import statistics
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.load import Answers, closed_loop, post_request
from benchmarks.processes import Server, settle

TIMES = 10
WARM_UP_S = 2.0
_SAMPLE_EVERY_S = 0.25


@dataclass(frozen=True)
class Kind:
    """A way to load the service."""

    name: str
    connections: int
    """Of a full load: more bring no more texts a second."""
    texts: int
    """A request."""

    @property
    def queue_limit(self) -> int:
        """Texts of a full load: all of them find room, and none beyond them."""
        return self.connections * self.texts

    def bodies(self, texts: Sequence[str]) -> list[Any]:
        """Requests out of `texts`."""
        if self.texts == 1:
            return [{"text": text} for text in texts]
        starts = range(0, len(texts) - self.texts + 1, self.texts)
        return [{"texts": texts[start : start + self.texts]} for start in starts]


KINDS = (Kind("one text a request", 64, 1), Kind("64 texts a request", 8, 64))


def measure(kind: Kind, server: Server, texts: Sequence[str], rounds: int, seconds: float) -> dict[str, Any]:
    """A full load and an overload in turn."""
    requests = [post_request("/predict", json.dumps(body).encode()) for body in kind.bodies(texts)]
    closed_loop(server.port, requests, kind.connections, WARM_UP_S)
    full, over, memory = [], [], []
    for _ in range(rounds):
        settle(server)
        full.append(closed_loop(server.port, requests, kind.connections, seconds))
        settle(server)
        with _sampled(server) as samples:
            over.append(closed_loop(server.port, requests, kind.connections * TIMES, seconds))
        memory.append(samples)
    p99_ratios = [b.accepted_p99_ms / a.accepted_p99_ms for a, b in zip(full, over, strict=True)]
    return {
        "connections": kind.connections,
        "p99_ratio": statistics.median(p99_ratios),
        "full": _summary(full, seconds),
        "overload": _summary(over, seconds),
        "memory_mb": [{"first": each[0], "most": max(each), "last": each[-1]} for each in memory],
    }


def _summary(answers: Sequence[Answers], seconds: float) -> dict[str, float]:
    return {
        "accepted_a_second": statistics.median(len(each.accepted_s) / seconds for each in answers),
        "accepted_p99_ms": statistics.median(each.accepted_p99_ms for each in answers),
        "refused_share": statistics.median(each.refused_share for each in answers),
        "failed": sum(each.failed for each in answers),
    }


@contextlib.contextmanager
def _sampled(server: Server) -> Iterator[list[float]]:
    """A list that grows by the server's memory in MB, four times a second, while the block runs."""
    samples = [server.own_memory_mb()]
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(_SAMPLE_EVERY_S):
            samples.append(server.own_memory_mb())

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()
