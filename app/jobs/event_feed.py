"""What happened to a job, as server-sent events, until nothing more will. Knows nothing of connections.

The format is that of the HTML standard, section 9.2. The database is asked again and again, in threads of its own, so
that it does not matter which process runs the job, and a database that does not answer holds up nobody but watchers.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic_core import to_json

from app.errors import NotFoundError, QueueFullError, StorageError
from app.jobs.schemas import FINAL
from app.jobs.store import JobStore
from app.storage.tables import JobEvent

_POLL_S = 0.5
_KEEP_ALIVE_S = 15.0
"""As the HTML standard recommends."""
_AFTER_ERROR_S = 5.0
_PAGE = 500
_THREADS = 2
_MOST = 100
"""Watchers of one process. Each asks twice a second, which takes a thread a millisecond."""


class EventFeeds:
    """The feeds of one process."""

    def __init__(self, store: JobStore, draining: asyncio.Event) -> None:
        """Feeds end once `draining` is set."""
        self.store, self.draining = store, draining
        self._threads = ThreadPoolExecutor(_THREADS, "watch")
        self._watching = 0

    def check_room(self) -> None:
        """Raises `QueueFullError` where as many watch as may."""
        if self._watching >= _MOST:
            raise QueueFullError(f"{_MOST} watch jobs already. Ask GET /jobs/{{id}} now and then instead.")

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Counts one more for the length of the block."""
        self._watching += 1
        try:
            yield
        finally:
            self._watching -= 1

    async def feed(self, job_id: str, after: int) -> AsyncGenerator[bytes]:
        """The events that come after the one of id `after`, each as it is sent; a comment where there are none."""
        sent = time.monotonic()
        while not self.draining.is_set():
            pause = _POLL_S
            try:
                events, over = await self._next(job_id, after)
            except StorageError:
                events, over, pause = [], False, _AFTER_ERROR_S
            if events:
                after, sent = events[-1].id, time.monotonic()
                yield b"".join(map(_encoded, events))
            if over:
                return
            if time.monotonic() - sent >= _KEEP_ALIVE_S:
                sent = time.monotonic()
                yield KEEPALIVE_COMMENT
            if len(events) < _PAGE:
                await self._pause(pause)

    async def over(self, job_id: str, after: int) -> bool:
        """Whether nothing comes after event `after`, now or later. Raises `NotFoundError` or `StorageError`."""
        events, over = await self._ask(job_id, after)
        return over and not events

    async def _next(self, job_id: str, after: int) -> tuple[Sequence[JobEvent], bool]:
        """As `_read`; nothing more where the service drains meanwhile, which a slow database must not hold up."""
        asking = asyncio.ensure_future(self._ask(job_id, after))
        draining = asyncio.ensure_future(self.draining.wait())
        try:
            await asyncio.wait({asking, draining}, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else ([], True)
        except NotFoundError:
            return [], True
        finally:
            asking.cancel()
            draining.cancel()

    async def _ask(self, job_id: str, after: int) -> tuple[Sequence[JobEvent], bool]:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, job_id, after)

    def _read(self, job_id: str, after: int) -> tuple[Sequence[JobEvent], bool]:
        """The next events, and whether they are the last. The state is read first: what ended the job is an event."""
        final = self.store.get(job_id).state in FINAL
        events = self.store.events(job_id, after, _PAGE)
        return events, final and len(events) < _PAGE

    async def _pause(self, seconds: float) -> None:
        """Until then, or until the service drains."""
        try:
            async with asyncio.timeout(seconds):
                await self.draining.wait()
        except TimeoutError:
            return


def _encoded(event: JobEvent) -> bytes:
    return format_sse_event(data_str=to_json(event.data).decode(), event=event.kind, id=str(event.id))
