"""The tables. What may be done with their rows is elsewhere, in a module for each.

A change here needs a migration in `migrations/versions`; a test compares the two.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, MetaData, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.storage.columns import PlainText, UtcDateTime, now

# SQLite gives rowids to INTEGER keys alone.
_BigKey = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """All tables. Constraints have names by rule, since a migration can only change what it can name."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {dict[str, Any]: JSON, datetime: UtcDateTime}  # noqa: RUF012 - SQLAlchemy's own form


class DatasetVersion(Base):
    """One content that was uploaded under a name, and what its check found."""

    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("name", "digest"),)

    id: Mapped[int] = mapped_column(_BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    """sha256, in hexadecimal, of the file and the choice of its columns."""
    file: Mapped[str] = mapped_column(String(255))
    """Its path below the folder of data sets."""
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    text_column: Mapped[str | None] = mapped_column(PlainText)
    label_column: Mapped[str | None] = mapped_column(PlainText)
    facts: Mapped[dict[str, Any]]
    """What `python -m training check --json` said of it."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    uploaded_at: Mapped[datetime] = mapped_column(default=now)
    """When it last came: the one that came last is the data set."""


class Feedback(Base):
    """A corrected label. The same text under the same label is one row, however often it came."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(_BigKey, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """sha256, in hexadecimal, of text and label."""
    text: Mapped[str] = mapped_column(PlainText)
    label: Mapped[str] = mapped_column(PlainText)
    model: Mapped[str] = mapped_column(String(64))
    """The model that served when it first came, and its version."""
    version: Mapped[int]
    times: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    """When it last came."""


class Job(Base):
    """A training that somebody asked for. This table is the truth; the queue only carries ids."""

    __tablename__ = "jobs"
    __table_args__ = (Index(None, "state", "created_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default="queued")
    """queued, running, succeeded, failed or cancelled."""
    request: Mapped[dict[str, Any]]
    idempotency_key: Mapped[str | None] = mapped_column(String(255), unique=True)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    worker: Mapped[str | None] = mapped_column(String(255))
    """The process that runs it, or ran it last."""
    attempts: Mapped[int] = mapped_column(default=0)
    """How often a worker began it."""
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    error: Mapped[str | None] = mapped_column(PlainText)
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class JobEvent(Base):
    """Something that happened to a job, for those who watch it. Ids grow, so a watcher can go on after one."""

    __tablename__ = "job_events"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(_BigKey, primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    """state, progress, epoch, note or warning."""
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=now)


class AuditEntry(Base):
    """An admin action: who (a key's fingerprint, never the key), what and when."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(_BigKey, primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    who: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(PlainText)
    outcome: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(128))
