"""Lines in, answers out, in order and in constant memory: little is in flight, and little is read ahead.

One request of `POST /predict/stream`. What a line is says `app.ndjson`, what it is answered `app.stream_part`.
"""

import asyncio
import logging
from collections import deque
from http import HTTPStatus

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.line_queue import LineQueue
from app.ndjson import LineSplitter
from app.problems import problem
from app.request_id import request_id
from app.service import Service
from app.stream_part import answer, error_line

MEDIA_TYPE = "application/x-ndjson"
CONNECTION = "tercet.connection"
"""The extension of the ASGI scope whose `abort` drops the connection with all that was not sent yet."""
MOST_PARTS = 3
"""In flight at a time: one in the network, one that waits for it, and one that is encoded or written."""

logger = logging.getLogger(__name__)


class _NotReadError(Exception):
    """The client does not read what it is sent."""


class Stream:
    """One request and its response."""

    def __init__(self, service: Service, scope: Scope, receive: Receive, send: Send) -> None:
        self._service, self._scope, self._receive, self._send = service, scope, receive, send
        self._name = request_id(scope)
        self._idle_s = service.settings.stream_idle_s
        self._splitter = LineSplitter(service.settings.max_body_bytes)
        self._queue = LineQueue()
        self._parts: deque[asyncio.Task[bytes]] = deque()
        """In flight, in order."""
        self._ended = False
        """Whether no further line is taken."""
        self._farewell: Response | None = None
        """Why not, where it is not the client that ended the stream."""
        self._changed = asyncio.Event()
        """Lines have come, or their end, or a part is done."""
        self._room = asyncio.Event()
        """Lines have left the queue."""

    async def run(self) -> None:
        """Answer until the lines end, the client leaves or stalls, or the service shuts down."""
        try:
            async with asyncio.TaskGroup() as tasks:
                others = [tasks.create_task(self._read()), tasks.create_task(self._drain())]
                await asyncio.sleep(0)  # `_read` goes first: it tells a client that waits for 100 (Continue) to go on
                await self._start()
                await self._answer(tasks)
                for task in others:
                    task.cancel()
                await self._end()
        except* ClientDisconnect:
            pass
        except* _NotReadError:
            await self._abort()

    async def _read(self) -> None:
        """Take lines as there is room for them; raises `ClientDisconnect` when the client leaves, also after them."""
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            if self._ended:
                continue
            lines = self._splitter.feed(message.get("body", b""))
            if not message.get("more_body", False):
                lines += self._splitter.end()
                self._ended = True
            self._queue.add(lines)
            if lines or self._ended:
                self._changed.set()
            while self._queue.has_full_part() and not self._ended:
                self._room.clear()
                await self._room.wait()

    async def _drain(self) -> None:
        await self._service.draining.wait()
        self._stop(HTTPStatus.SERVICE_UNAVAILABLE, "The service is shutting down; it answers no line from this one on.")

    def _stop(self, status: HTTPStatus, detail: str) -> None:
        """Take no further line, unless none would come anyway; those that have come are still answered."""
        if not self._ended:
            self._ended = True
            self._farewell = problem(status, detail)
            self._changed.set()
            self._room.set()

    async def _answer(self, tasks: asyncio.TaskGroup) -> None:
        """Send the answers to all lines."""
        while self._parts or self._queue or not self._ended:
            self._begin_parts(tasks)
            if not self._parts:
                await self._next_lines()
            elif self._parts[0].done():
                await self._write(self._parts.popleft().result())
            else:
                await self._change()

    def _begin_parts(self, tasks: asyncio.TaskGroup) -> None:
        """A part that could still grow is begun only where nothing else is under way, so that nobody waits for it."""
        while len(self._parts) < MOST_PARTS and self._queue:
            if self._parts and not self._ended and not self._queue.has_full_part():
                break
            part = tasks.create_task(answer(self._queue.take_part(), self._service, self._name))
            part.add_done_callback(lambda _: self._changed.set())
            self._parts.append(part)
        self._room.set()

    async def _next_lines(self) -> None:
        try:
            async with asyncio.timeout(self._idle_s):
                await self._change()
        except TimeoutError:
            self._stop(HTTPStatus.REQUEST_TIMEOUT, f"No line came for {self._idle_s} s (TERCET_STREAM_IDLE_S).")

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _start(self) -> None:
        headers = [(b"content-type", MEDIA_TYPE.encode())]
        await self._send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": headers})

    async def _write(self, body: bytes, *, more: bool = True) -> None:
        """Returns at once while the client reads. Raises `_NotReadError` where it has not for too long."""
        try:
            async with asyncio.timeout(self._idle_s):
                await self._send({"type": "http.response.body", "body": body, "more_body": more})
        except TimeoutError:
            raise _NotReadError from None

    async def _end(self) -> None:
        if self._farewell is None:
            await self._write(b"", more=False)
            return
        await self._write(error_line(self._farewell, self._queue.next_number))
        await self._write(b"")  # waits until the client has read enough
        # Without a time-out, since what the client still sends is read by `app.lingering`, which has its own.
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _abort(self) -> None:
        logger.info("Ended a stream whose client read nothing for %d s (request %s)", self._idle_s, self._name)
        connection = self._scope.get("extensions", {}).get(CONNECTION)
        if connection is not None:
            connection["abort"]()
            while (await self._receive())["type"] != "http.disconnect":
                pass
