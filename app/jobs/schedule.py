"""Retraining by itself: by a cron expression, and after so many rows of feedback. Off unless the settings say so.

Every worker looks; one job comes of it, since all of them give it the same idempotency key. What was due while no
worker ran is not made up for.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import select

from app.feedback.store import FeedbackStore
from app.jobs import cron
from app.jobs.ordering import Ordering
from app.jobs.schemas import FINAL, RetrainRequest
from app.settings import Settings
from app.storage.columns import now
from app.storage.database import Database
from app.storage.tables import Job
from model.errors import TercetError

Place = Callable[[RetrainRequest, str], object]
"""Makes a job of a request under an idempotency key, or gives the one that there is."""

_LONG_AGO = datetime.fromtimestamp(0, UTC)

logger = logging.getLogger(__name__)


class Schedule:
    """Looks whether a training is due."""

    def __init__(self, settings: Settings, database: Database, place: Place) -> None:
        """Raises `SettingsError` where the settings make no sense."""
        cron.check(settings)
        self._dataset = settings.retrain_dataset
        self._cron = cron.parse(settings.retrain_cron) if settings.retrain_cron else None
        self._rows = settings.retrain_after_feedback
        self._database, self._place = database, place
        self._last_minute, self._complaint = "", ""

    def look(self, moment: datetime | None = None) -> None:
        """Order what is due at this moment (UTC). Call it more than once a minute."""
        moment = moment or now()
        try:
            self._look_at_clock(moment)
            self._look_at_feedback()
        except TercetError as error:
            if str(error) != self._complaint:
                logger.warning("Scheduled retraining is not possible now: %s", error)
            self._complaint = str(error)
        else:
            self._complaint = ""

    def _look_at_clock(self, moment: datetime) -> None:
        minute = f"{moment:%Y-%m-%dT%H:%M}"
        if self._cron is not None and minute != self._last_minute and self._cron(moment):
            self._order(f"schedule-{self._dataset}-{minute}")
            self._last_minute = minute

    def _look_at_feedback(self) -> None:
        if self._rows is None:
            return
        last = self._last_training()
        if last is not None and last.state not in FINAL:
            return
        since = _LONG_AGO if last is None else last.started_at or last.created_at
        if FeedbackStore(self._database).count_since(since) >= self._rows:
            self._order(f"feedback-{self._dataset}-after-{'nothing' if last is None else last.id}")

    def _last_training(self) -> Job | None:
        """With feedback, on the data set of the schedule; however it ended, so that one that fails is not repeated."""
        query = select(Job).where(
            Job.request["include_feedback"].as_boolean(),
            Job.request["dataset"]["name"].as_string() == self._dataset,
        )
        with self._database.read() as session:
            return session.scalar(query.order_by(Job.created_at.desc()).limit(1))

    def _order(self, key: str) -> None:
        assert self._dataset is not None  # noqa: S101 - checked at the start
        self._place(RetrainRequest(dataset=self._dataset, include_feedback=True, promote="if_better"), key)


def place_with(settings: Settings, database: Database) -> Place:
    """As `POST /retrain` does it."""
    ordering = Ordering(settings, database)
    return lambda request, key: asyncio.run(ordering.place(request, key))
