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

_SETTLING_S = 0.5


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
    """Each of `connections` sends the next request as soon as it is answered, or refused, for `seconds`.

    What is sent in the first half second, when connections are new, does not count.
    """
    return uvloop.run(_closed_loop(port, requests, connections, seconds))


async def _closed_loop(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Answers:
    answers = Answers()
    turns = cycle(requests)
    clients = [_Client(port, turns) for _ in range(connections)]
    for client in clients:
        await client.connect()
    await asyncio.sleep(_SETTLING_S)
    for client in clients:
        client.answers = answers
    await asyncio.sleep(seconds)
    for client in clients:
        client.answers = None
    for client in clients:
        await client.close()
    return answers


class _Client(asyncio.Protocol):
    """One request at a time over one connection, and over a new one where the server closes it."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.answers: Answers | None = None
        """Where answers are counted; None where they do not count."""
        self._port, self._requests = port, requests
        self._received = b""
        self._missing = 0
        self._sent = 0.0
        self._waiting = self._stopped = False
        self._connecting: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()

    async def connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)

    async def close(self) -> None:
        self._stopped = True
        if self._connecting is not None:
            await self._connecting
        self._transport.abort()
        await self._lost.wait()

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
            if b"connection: close" not in self._received.lower():
                self._send()

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._waiting and self.answers is not None:
            self.answers.failed += 1
        if self._stopped:
            self._lost.set()
        else:
            self._connecting = asyncio.get_running_loop().create_task(self.connect())

    def _send(self) -> None:
        self._received, self._missing, self._waiting = b"", 0, True
        self._sent = time.perf_counter()
        self._transport.write(next(self._requests))

    def _record(self) -> None:
        self._waiting = False
        if self.answers is None:
            return
        status = self._received[9:12]
        if status == b"200":
            self.answers.accepted_s.append(time.perf_counter() - self._sent)
        elif status == b"429":
            self.answers.refused += 1
        else:
            self.answers.failed += 1


def content_length(head: bytes) -> int:
    """The header's value; raises `ValueError` where there is none."""
    start = head.lower().index(b"\r\ncontent-length:") + len(b"\r\ncontent-length:")
    return int(head[start:].split(b"\r\n", 1)[0])
