"""A response that goes on until its feed ends, its client leaves or does not read, or the service shuts down.

What it sends comes from `app.jobs.event_feed`.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from http import HTTPStatus

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.jobs.event_feed import EventFeeds
from app.request_id import request_id
from app.stream import CONNECTION

MEDIA_TYPE = "text/event-stream"
_LAST_S = 1.0
"""How long a client has to read the rest of what it is sent once the service shuts down."""

logger = logging.getLogger(__name__)


class _NotReadError(Exception):
    """The client does not read what it is sent."""


class EventStream(Response):
    """One who watches a job."""

    media_type = MEDIA_TYPE

    def __init__(self, feeds: EventFeeds, job_id: str, after: int, idle_s: float) -> None:
        """From the event after `after` on, to a client that may read nothing for `idle_s` at most."""
        # A proxy that would collect the answer before it passes it on (nginx) is asked not to.
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._feeds, self._job_id, self._after, self._idle_s = feeds, job_id, after, idle_s
        self._deadline: asyncio.Timeout | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The response."""
        try:
            with self._feeds.watching():
                async with asyncio.TaskGroup() as tasks:
                    others = [tasks.create_task(_leave(receive)), tasks.create_task(self._hurry())]
                    await self._send_all(send)
                    for task in others:
                        task.cancel()
        except* ClientDisconnect:
            pass
        except* _NotReadError:
            await self._abort(scope, receive)

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": self.raw_headers})
        await self._write(send, b"")  # the headers go out now, not with the first event
        feed: AsyncGenerator[bytes] = self._feeds.feed(self._job_id, self._after)
        async with aclosing(feed):
            async for events in feed:
                await self._write(send, events)
        await self._write(send, b"", more=False)

    async def _write(self, send: Send, body: bytes, *, more: bool = True) -> None:
        """Returns at once while the client reads. Raises `_NotReadError` where it has not for too long."""
        seconds = _LAST_S if self._feeds.draining.is_set() else self._idle_s
        try:
            async with asyncio.timeout(seconds) as self._deadline:
                await send({"type": "http.response.body", "body": body, "more_body": more})
        except TimeoutError:
            raise _NotReadError from None
        finally:
            self._deadline = None

    async def _hurry(self) -> None:
        await self._feeds.draining.wait()
        if self._deadline is not None:
            self._deadline.reschedule(asyncio.get_running_loop().time() + _LAST_S)

    async def _abort(self, scope: Scope, receive: Receive) -> None:
        logger.info("Ended an event stream whose client did not read (request %s)", request_id(scope))
        connection = scope.get("extensions", {}).get(CONNECTION)
        if connection is not None:
            connection["abort"]()
            await _gone(receive)


async def _leave(receive: Receive) -> None:
    """Raises `ClientDisconnect` once the client has left."""
    await _gone(receive)
    raise ClientDisconnect


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
