"""The feedback that is kept: a row for each text and label, with how often it came. Blocking; meant for threads."""

import hashlib
import json
import os
import secrets
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.storage.columns import now
from app.storage.database import Database
from app.storage.tables import Feedback
from model.durable import sync_folder

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}  # alike, but of no common type
_ROWS_AT_A_TIME = 1000


class FeedbackStore:
    """Rows in `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, text: str, label: str, model: str, version: int) -> int:
        """Keep a label that version `version` of `model` should have given; how often it has come.

        It is on disk when this returns. Raises `StorageError`.
        """
        with self._database.write() as session:
            insert = _INSERT[session.get_bind().dialect.name](Feedback)
            statement = insert.values(
                digest=_digest(text, label), text=text, label=label, model=model, version=version, times=1
            ).on_conflict_do_update(
                index_elements=[Feedback.digest], set_={"times": Feedback.times + 1, "seen_at": now()}
            )
            times: int = session.scalars(statement.returning(Feedback.times)).one()
        return times

    def count_since(self, moment: datetime | None = None) -> int:
        """How many rows came after `moment` for the first time; all, without one. Raises `StorageError`."""
        query = select(func.count()).select_from(Feedback)
        if moment is not None:
            query = query.where(Feedback.created_at > moment)
        with self._database.read() as session:
            return session.scalars(query).one()

    def export(self, path: Path, labels: Collection[str] | None = None) -> int:
        """Write what is kept to `path`, whole or not at all, as JSON lines with `text` and `label`; how many.

        Of a text with several labels it is the one that came last; with `labels`, the last of those.
        Raises `StorageError`, `OSError`.
        """
        sibling = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        rows = 0
        try:
            with sibling.open("x", encoding="utf-8") as file:
                for row in self._last_labels(labels):
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                    rows += 1
                file.flush()
                os.fsync(file.fileno())
            sibling.replace(path)
        finally:
            sibling.unlink(missing_ok=True)
        sync_folder(path.parent)
        return rows

    def _last_labels(self, labels: Collection[str] | None) -> Iterator[dict[str, str]]:
        """In the order in which they last came: who takes two texts for the same may go by the later one."""
        last = func.row_number().over(
            partition_by=Feedback.text, order_by=(Feedback.seen_at.desc(), Feedback.id.desc())
        )
        ranked = select(Feedback.id, Feedback.seen_at, Feedback.text, Feedback.label, last.label("rank"))
        if labels is not None:
            ranked = ranked.where(Feedback.label.in_(labels))
        found = ranked.subquery()
        query = select(found.c.text, found.c.label).where(found.c.rank == 1).order_by(found.c.seen_at, found.c.id)
        with self._database.read() as session:
            for text, label in session.execute(query).yield_per(_ROWS_AT_A_TIME):
                yield {"text": text, "label": label}


def _digest(text: str, label: str) -> str:
    return hashlib.sha256(json.dumps([text, label]).encode()).hexdigest()
