"""The records of jobs: submitted, looked at and cancelled here. What their workers write is `app.jobs.ledger`.

Every change of a state is one UPDATE that names the state before, so of two that race only one happens. It comes before
its event in the same transaction: the row's lock puts the events of a job in the order of their ids. Blocking.
"""

from collections.abc import Sequence
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import CursorResult, Update, and_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import ConflictError, NotFoundError
from app.jobs.order import TrainingOrder
from app.storage.columns import now
from app.storage.database import Database
from app.storage.tables import Job, JobEvent


class JobStore:
    """What clients do with jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def submit(self, order: TrainingOrder, idempotency_key: str | None) -> tuple[Job, bool]:
        """Record a job; with a key that came before, give the job of then. Whether it is new is the second value.

        Raises `ConflictError` where the key was used for another order.
        """
        if idempotency_key is None:
            return self._insert(order, None), True
        present = self._with_key(idempotency_key)
        if present is None:
            try:
                return self._insert(order, idempotency_key), True
            except IntegrityError:  # somebody was a moment faster
                present = self._with_key(idempotency_key)
                if present is None:
                    raise
        if present.request.get("request_digest") != order.request_digest:
            raise ConflictError(f"The idempotency key was used for another order, that of job {present.id}.")
        return present, False

    def get(self, job_id: str) -> Job:
        """A job. Raises `NotFoundError`."""
        with self._database.read() as session:
            return _job(session, job_id)

    def list(self, *, state: str | None = None, limit: int = 50, before: str | None = None) -> list[Job]:
        """Jobs, the newest first, from the one after `before` on. Raises `NotFoundError` where `before` is none."""
        query = select(Job).order_by(Job.created_at.desc(), Job.id.desc()).limit(limit)
        if state is not None:
            query = query.where(Job.state == state)
        with self._database.read() as session:
            if before is not None:
                last = _job(session, before)
                older = and_(Job.created_at == last.created_at, Job.id < last.id)
                query = query.where(or_(Job.created_at < last.created_at, older))
            return [*session.scalars(query)]

    def cancel(self, job_id: str) -> Job:
        """Cancel a queued job at once, and ask the worker of a running one to end it.

        Raises `NotFoundError`, and `ConflictError` where the job has ended in another way.
        """
        with self._database.write() as session:
            # A worker may begin it, or give it back, between two of these.
            for _ in range(2):
                if _cancel_queued(session, job_id) or _ask_to_end(session, job_id):
                    break
            job = _job(session, job_id)
            if job.state not in ("cancelled", "running"):
                raise ConflictError(f"Job {job_id} has {job.state} already.")
            return job

    def events(self, job_id: str, after: int = 0, limit: int = 500) -> Sequence[JobEvent]:
        """What happened to a job after event `after`, oldest first."""
        query = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.id > after)
        with self._database.read() as session:
            return session.scalars(query.order_by(JobEvent.id).limit(limit)).all()

    def _insert(self, order: TrainingOrder, idempotency_key: str | None) -> Job:
        job = Job(id=uuid4().hex, request=order.model_dump(), idempotency_key=idempotency_key)
        with self._database.write() as session:
            session.add(job)
            session.flush()
            add_state(session, job.id, "queued")
        return job

    def _with_key(self, idempotency_key: str) -> Job | None:
        with self._database.read() as session:
            return session.scalar(select(Job).where(Job.idempotency_key == idempotency_key))


def add_state(session: Session, job_id: str, state: str, **facts: Any) -> None:
    """Tell watchers that a job is in a state now."""
    session.add(JobEvent(job_id=job_id, kind="state", data={"state": state, **facts}))


def changed(session: Session, statement: Update) -> bool:
    """Whether there was a row for an UPDATE."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount > 0


def _job(session: Session, job_id: str) -> Job:
    job = session.get(Job, job_id, populate_existing=True)
    if job is None:
        raise NotFoundError(f"There is no job {job_id[:80]!r}.")
    return job


def _cancel_queued(session: Session, job_id: str) -> bool:
    cancelled = (
        update(Job)
        .where(Job.id == job_id, Job.state == "queued")
        .values(state="cancelled", finished_at=now(), cancel_requested=True)
    )
    if not changed(session, cancelled):
        return False
    add_state(session, job_id, "cancelled")
    return True


def _ask_to_end(session: Session, job_id: str) -> bool:
    asked = update(Job).where(Job.id == job_id, Job.state == "running", ~Job.cancel_requested)
    if not changed(session, asked.values(cancel_requested=True)):
        return False
    session.add(JobEvent(job_id=job_id, kind="note", data={"message": "Asked to end."}))
    return True
