"""The heartbeat of a job: what its worker tells the database every moment, and what it hears there."""

import logging
import time

from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, SQLAlchemyError

from app.errors import StorageError
from app.jobs.ledger import Hold, Ledger, Message
from app.jobs.progress import Progress
from model.run_events import Advance, Stage

TROUBLE = (StorageError, SQLAlchemyError)
"""What a database raises that is down, locked or restarting. It passes, and a training goes on meanwhile."""
REFUSALS = (DataError, IntegrityError, ProgrammingError)
"""Of these, what it raises where it will never take the content: a text with a NUL in Postgres, for one."""
INTERVAL_S = 0.8
"""Watchers are promised news once a second."""

logger = logging.getLogger(__name__)


class Heart:
    """Of one attempt at a job."""

    def __init__(self, ledger: Ledger, job_id: str) -> None:
        self.progress, self.hold = Progress(), Hold.OURS
        self.warnings: list[str] = []
        self._ledger, self._job_id = ledger, job_id
        self._messages: list[Message] = []
        self._next = 0.0
        self._in_trouble = False

    def tell(self, kind: str, text: str) -> None:
        """Something for watchers: a `note` or a `warning`."""
        logger.log(logging.WARNING if kind == "warning" else logging.INFO, "The training says: %s", text)
        if kind == "warning":
            self.warnings.append(text)
        self._messages.append(Message(kind, {"message": text}))

    def take(self, event: Stage | Advance) -> None:
        """What a training said of how far it is. Progress is told once in a while, the end of each epoch always."""
        if isinstance(event, Stage) and event.epoch is None:
            logger.info("The training is at: %s", event.stage)
        epoch = self.progress.take(event)
        if epoch is not None:
            logger.info("The training has ended an epoch", extra={"fields": epoch})
            self._messages.append(Message("epoch", epoch))

    def forget(self) -> None:
        """Drop what was not told yet, and how far the job is: something of it cannot be told."""
        self.progress = Progress()
        self._messages.clear()

    def due_s(self) -> float:
        """Seconds until the next beat."""
        return max(0.0, self._next - time.monotonic())

    def beat(self) -> Hold:
        """How we stand to the job now; as before, where the database cannot be asked."""
        try:
            self.flush()
        except TROUBLE as error:
            if not self._in_trouble:
                logger.warning("Job %s goes on, though nobody can be told how far it is: %s", self._job_id, error)
            self._in_trouble = True
        else:
            self._in_trouble = False
        self._next = time.monotonic() + INTERVAL_S
        return self.hold

    def beat_when_due(self) -> Hold:
        """The same, once in a while."""
        return self.beat() if self.due_s() == 0 else self.hold

    def flush(self) -> None:
        """Tell everything now. Raises what the database raises; what was not told is told the next time."""
        messages = list(self._messages)
        self.hold = self._ledger.heartbeat(self._job_id, self.progress.now(), messages)
        del self._messages[: len(messages)]
