"""A closed-loop HTTP client that tells answers from refusals, which wrk does not: for overload.

Knows as much of HTTP as the service's answers need: each has a Content-Length.
"""

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import cast

import uvloop


@dataclass
class Answers:
    """What came back."""

    accepted_s: list[float] = field(default_factory=list)
    """Seconds from request to answer, of each 200."""
    refused: int = 0
    """429."""
    failed: int = 0
    """Any other status, and connections that broke."""

    @property
    def accepted_p99_ms(self) -> float:
        """The 99th percentile of what was accepted; infinite where nothing was."""
        return 1000 * percentile(self.accepted_s, 99)

    @property
    def refused_share(self) -> float:
        """Of all answers."""
        return self.refused / max(1, self.refused + self.failed + len(self.accepted_s))


def percentile(values: Sequence[float], percent: int) -> float:
    """By linear interpolation; infinite where there are no values."""
    if len(values) < 2:
        return values[0] if values else float("inf")
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def post_request(path: str, body: bytes) -> bytes:
    """A request as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def closed_loop(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Answers:
    """Each of `connections` sends the next request as soon as it is answered, or refused, for `seconds`."""
    return uvloop.run(_closed_loop(port, requests, connections, seconds))


async def _closed_loop(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Answers:
    loop = asyncio.get_running_loop()
    answers = Answers()
    until = time.perf_counter() + seconds
    turns = cycle(requests)
    opened = [
        await loop.create_connection(lambda: _Connection(turns, answers, until), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.sleep(until - time.perf_counter())
    for transport, _ in opened:
        transport.abort()
    return answers


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self, requests: Iterator[bytes], answers: Answers, until: float) -> None:
        self._requests, self._answers, self._until = requests, answers, until
        self._received = b""
        self._missing = 0
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            self._received += data
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            self._missing = end + 4 + content_length(self._received[:end]) - len(self._received)
        if self._missing == 0:
            self._record()
            self._send()

    def connection_lost(self, _exc: Exception | None) -> None:
        if time.perf_counter() < self._until:
            self._answers.failed += 1

    def _send(self) -> None:
        self._received = b""
        self._sent = time.perf_counter()
        self._transport.write(next(self._requests))

    def _record(self) -> None:
        now = time.perf_counter()
        status = self._received[9:12]
        if now > self._until:
            return
        if status == b"200":
            self._answers.accepted_s.append(now - self._sent)
        elif status == b"429":
            self._answers.refused += 1
        else:
            self._answers.failed += 1


def content_length(head: bytes) -> int:
    """The header's value; raises `ValueError` where there is none."""
    start = head.lower().index(b"\r\ncontent-length:") + len(b"\r\ncontent-length:")
    return int(head[start:].split(b"\r\n", 1)[0])
