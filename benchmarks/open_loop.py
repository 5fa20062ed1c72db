"""An open-loop HTTP client: requests go out at a steady rate, or at given gaps, however long the answers take.

Each takes a connection that is free. Where all wait for answers, the next request waits for one of them, and that
counts.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, repeat
from typing import cast

from benchmarks.load import content_length

CONNECTIONS = 64
_LAST_ANSWERS_S = 10.0


@dataclass(frozen=True, slots=True)
class Sent:
    """A request and how long its answer took."""

    at: float
    """When it was due, by `time.perf_counter`."""
    took_s: float
    status: int


class SteadyClient:
    """Sends `requests` in turn, `rate` of them a second, while its block runs; with `gaps`, so many seconds apart.

    With `gaps` it takes its whole core: asleep, it would wake at whole milliseconds.
    """

    def __init__(self, port: int, requests: Sequence[bytes], rate: float, gaps: Iterator[float] | None = None) -> None:
        self.sent: list[Sent] = []
        """Those that were answered, in the order of the answers."""
        self._port, self._requests = port, cycle(requests)
        self._sharp, self._gaps = gaps is not None, gaps or repeat(1 / rate)
        self._free: asyncio.Queue[_Connection] = asyncio.Queue()
        self._connections: list[_Connection] = []
        self._answers: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "SteadyClient":
        for _ in range(CONNECTIONS):
            connection = await connect(self._port)
            self._connections.append(connection)
            self._free.put_nowait(connection)
        self._sending = asyncio.create_task(self._send())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._sending.cancel()
        await asyncio.gather(self._sending, return_exceptions=True)
        if self._answers:
            await asyncio.wait(self._answers, timeout=_LAST_ANSWERS_S)
        for connection in self._connections:
            connection.close()

    async def _send(self) -> None:
        due = time.perf_counter()
        for gap in self._gaps:
            due += gap
            if not self._sharp:
                await asyncio.sleep(due - time.perf_counter())
            while self._sharp and time.perf_counter() < due:  # noqa: ASYNC110 - what is awaited is a moment
                await asyncio.sleep(0)
            answer = asyncio.create_task(self._ask(due if self._sharp else time.perf_counter(), next(self._requests)))
            self._answers.add(answer)
            answer.add_done_callback(self._answers.discard)

    async def _ask(self, at: float, request: bytes) -> None:
        connection = await self._free.get()
        status = await connection.ask(request)
        self.sent.append(Sent(at, time.perf_counter() - at, status))
        self._free.put_nowait(connection)


async def connect(port: int) -> "_Connection":
    """A connection that stays open."""
    _, connection = await asyncio.get_running_loop().create_connection(_Connection, "127.0.0.1", port)
    return connection


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._received = b""
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    async def ask(self, request: bytes) -> int:
        """The status of the answer to `request`, once all of it is there; 0 where the connection broke."""
        self._received, self._answer = b"", asyncio.get_running_loop().create_future()
        if self._transport.is_closing():
            return 0
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or len(self._received) < end + 4 + content_length(self._received[:end]):
            return
        self._end(int(self._received[9:12]))

    def connection_lost(self, _exc: Exception | None) -> None:
        self._end(0)

    def _end(self, status: int) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)
