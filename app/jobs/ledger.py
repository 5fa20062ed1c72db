"""What workers write into the records of jobs. A write that finds the job no longer this worker's changes nothing.

How the records are kept consistent is said in `app.jobs.store`. Blocking.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import delete, select, update

from app.jobs.store import add_state, changed
from app.storage.columns import now
from app.storage.database import Database
from app.storage.tables import Job, JobEvent

MOST_ATTEMPTS = 3
"""A job whose worker was lost so often has failed: it may be what kills them."""
_LONGEST_ERROR = 4000
"""Characters."""


class Hold(Enum):
    """How a worker stands to a job that it runs."""

    OURS = "ours"
    CANCEL = "cancel"
    """Ours, and somebody asked to cancel it."""
    LOST = "lost"
    """Another's, or ended."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell watchers of a job: a note, a warning or the figures of an epoch."""

    kind: str
    data: dict[str, Any]


class Ledger:
    """The jobs as a worker sees them. `worker` is its identity, unlike that of any other."""

    def __init__(self, database: Database, worker: str) -> None:
        self._database, self.worker = database, worker

    def oldest_queued(self) -> str | None:
        """The id of the job that has waited longest."""
        with self._database.read() as session:
            return session.scalar(select(Job.id).where(Job.state == "queued").order_by(Job.created_at).limit(1))

    def running(self) -> list[Job]:
        """The jobs that workers run, or ran when they died; our own among them."""
        with self._database.read() as session:
            return [*session.scalars(select(Job).where(Job.state == "running"))]

    def claim(self, job_id: str) -> Job | None:
        """Take a queued job; None where it is not queued (any more)."""
        moment = now()
        claimed = (
            update(Job)
            .where(Job.id == job_id, Job.state == "queued")
            .values(
                state="running",
                worker=self.worker,
                attempts=Job.attempts + 1,
                heartbeat_at=moment,
                started_at=moment,
                progress={},
            )
        )
        with self._database.write() as session:
            if not changed(session, claimed):
                return None
            add_state(session, job_id, "running")
            return session.get(Job, job_id, populate_existing=True)

    def heartbeat(self, job_id: str, progress: dict[str, Any], messages: Sequence[Message] = ()) -> Hold:
        """Say that the job is being run, and how far it is."""
        beat = self._ours(job_id).values(heartbeat_at=now(), progress=progress).returning(Job.cancel_requested)
        with self._database.write() as session:
            cancel = session.scalar(beat)
            if cancel is None:
                return Hold.LOST
            for message in messages:
                session.add(JobEvent(job_id=job_id, kind=message.kind, data=message.data))
            if progress:
                session.flush()  # messages first
                session.add(JobEvent(job_id=job_id, kind="progress", data=progress))
        return Hold.CANCEL if cancel else Hold.OURS

    def finish(
        self, job_id: str, state: str, *, result: dict[str, Any] | None = None, error: str | None = None
    ) -> bool:
        """Record how the job ended; whether it was still ours."""
        error = _storable(error)
        ended = self._ours(job_id).values(state=state, result=result, error=error, finished_at=now())
        facts = {"error": error, "version": (result or {}).get("version")}
        with self._database.write() as session:
            if not changed(session, ended):
                return False
            add_state(session, job_id, state, **{name: fact for name, fact in facts.items() if fact is not None})
        return True

    def give_back(self, job_id: str) -> bool:
        """Put the job back into the queue, as if this attempt had not been; whether it was still ours.

        One that was to be cancelled is cancelled.
        """
        given = self._ours(job_id).where(~Job.cancel_requested).values(state="queued", attempts=Job.attempts - 1)
        ended = self._ours(job_id).where(Job.cancel_requested).values(state="cancelled", finished_at=now())
        with self._database.write() as session:
            if changed(session, given):
                add_state(session, job_id, "queued")
            elif changed(session, ended):
                add_state(session, job_id, "cancelled")
            else:
                return False
        return True

    def take_from_lost(self, seen: Job, why: str, left_behind: str | None = None) -> str | None:
        """End or requeue a job whose worker is gone, if nothing happened to it since it was `seen`; its new state.

        `why` is a sentence for those who watch, `left_behind` one for its error where it ends.
        """
        state, error = _after_loss(seen, why)
        if state != "queued":
            error = " ".join(filter(None, (error, left_behind))) or None
        moved = (
            update(Job)
            .where(
                Job.id == seen.id,
                Job.state == "running",
                Job.worker == seen.worker,
                Job.attempts == seen.attempts,
                Job.heartbeat_at == seen.heartbeat_at,
                Job.cancel_requested == seen.cancel_requested,
            )
            .values(state=state, error=error, finished_at=None if state == "queued" else now())
        )
        with self._database.write() as session:
            if not changed(session, moved):
                return None
            session.add(JobEvent(job_id=seen.id, kind="warning", data={"message": why}))
            session.flush()
            add_state(session, seen.id, state, **({"error": error} if error else {}))
        return state

    def ended_before(self, moment: datetime, ids: Sequence[str]) -> list[str]:
        """Those of the jobs that ended before a moment."""
        with self._database.read() as session:
            return [*session.scalars(select(Job.id).where(Job.finished_at < moment, Job.id.in_(ids)))]

    def thin(self, moment: datetime) -> None:
        """Forget the progress that jobs which ended before a moment made on their way; their records keep the last."""
        ended = select(Job.id).where(Job.finished_at < moment)
        with self._database.write() as session:
            session.execute(delete(JobEvent).where(JobEvent.kind == "progress", JobEvent.job_id.in_(ended)))

    def _ours(self, job_id: str) -> Any:
        return update(Job).where(Job.id == job_id, Job.state == "running", Job.worker == self.worker)


def _storable(text: str | None) -> str | None:
    """The text as both databases take it, and no longer than somebody reads."""
    if text is None:
        return None
    return text[:_LONGEST_ERROR].replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def is_last(job: Job) -> bool:
    """Whether a running job ends where its worker is lost."""
    return job.cancel_requested or job.attempts >= MOST_ATTEMPTS


def _after_loss(seen: Job, why: str) -> tuple[str, str | None]:
    if seen.cancel_requested:
        return "cancelled", None
    if is_last(seen):
        return "failed", f"{why} That happened {seen.attempts} times, so the job is not tried again."
    return "queued", None
