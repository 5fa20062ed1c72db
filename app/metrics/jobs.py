"""How many jobs are in which state, from the database, since a worker may be anywhere; no more often than needed.

A database that is gone or slow costs a caller a moment: it gets the counts of before, and is told so.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from app.background_thread import BackgroundThread
from app.storage.database import Database
from app.storage.tables import Job
from model.errors import TercetError

KEEP_S = 5.0
"""How old counts may be."""
PATIENCE_S = 1.0
"""How long a caller waits for new ones."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobCounts:
    """What was last heard of the database."""

    by_state: Mapping[str, int] | None
    """None until it was heard of."""
    database_up: bool


class JobCounter:
    """Asks the database, in a thread of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = BackgroundThread("job counts")
        self._counts = JobCounts(None, database_up=False)
        self._asked_at: float | None = None
        self._asking: asyncio.Task[None] | None = None

    async def counts(self) -> JobCounts:
        """The counts of at most `KEEP_S` ago, unless the database does not answer."""
        if self._asked_at is None or time.monotonic() - self._asked_at >= KEEP_S:
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask())
            await asyncio.wait({self._asking}, timeout=PATIENCE_S)
            if not self._asking_is_over():
                return JobCounts(self._counts.by_state, database_up=False)
        return self._counts

    def _asking_is_over(self) -> bool:
        return self._asking is None

    async def _ask(self) -> None:
        try:
            self._counts = JobCounts(await self._thread.run(self._count), database_up=True)
        except TercetError:  # the log says why
            self._counts = JobCounts(self._counts.by_state, database_up=False)
        except Exception:
            logger.exception("Jobs could not be counted")
            self._counts = JobCounts(self._counts.by_state, database_up=False)
        finally:
            self._asked_at, self._asking = time.monotonic(), None

    def _count(self) -> dict[str, int]:
        with self._database.read() as session:
            rows = session.execute(select(Job.state, func.count()).group_by(Job.state))
            return dict(rows.all())
