"""The data sets that are kept: a row for each content of each name, and its file. Blocking; meant for threads.

A row is there only with its whole file. Transactions that write come one after the other, in all processes, and the
files are moved and removed inside of them; a process that dies in between leaves a file that no row names, which the
same upload replaces, or a row that deleting again removes.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.datasets.upload import Upload
from app.errors import ConflictError, NotFoundError, StorageError
from app.storage.columns import now
from app.storage.database import Database
from app.storage.tables import DatasetVersion, Job
from model.durable import sync_folder

_UNFINISHED = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Latest:
    """A data set: what came last under its name, and how many contents there are."""

    version: DatasetVersion
    versions: int


class DatasetStore:
    """Rows in `database`, files in `folder`: `<name>/<digest>.<extension>`."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder

    def path(self, version: DatasetVersion) -> Path:
        """Where the file of a version is."""
        return self._folder / version.file

    def add(self, name: str, upload: Upload, facts: dict[str, Any]) -> tuple[DatasetVersion, bool]:
        """Keep an upload under `name`, which is fit for a folder's; the version, and whether its content is new.

        `facts` are the result of the pipeline's check. Raises `StorageError`.
        """
        digest = _digest(upload.digest, facts["text_column"], facts["label_column"])
        try:
            with self._database.write() as session:
                known = _find(session, name, digest)
                version = known or DatasetVersion(name=name, digest=digest)
                version.file = f"{name}/{digest}{upload.extension}"
                version.size_bytes, version.facts = upload.size_bytes, facts
                version.text_column, version.label_column = facts["text_column"], facts["label_column"]
                version.uploaded_at = now()
                session.add(version)
                session.flush()
                self._move(upload.path, self.path(version))
        except OSError as error:
            raise StorageError(f"The file cannot be kept ({error.strerror or error}).") from error
        return version, known is None

    def latest(self, name: str) -> DatasetVersion:
        """What came last under `name`. Raises `NotFoundError`, `StorageError`."""
        return self.versions(name)[0]

    def versions(self, name: str) -> list[DatasetVersion]:
        """All contents of `name`, the one that came last first. Raises `NotFoundError`, `StorageError`."""
        with self._database.read() as session:
            found = session.scalars(_newest_first().where(DatasetVersion.name == name)).all()
        if not found:
            raise _unknown(name)
        return [*found]

    def all(self) -> list[Latest]:
        """Every data set, by name. Raises `StorageError`."""
        rank = func.row_number().over(
            partition_by=DatasetVersion.name, order_by=(DatasetVersion.uploaded_at.desc(), DatasetVersion.id.desc())
        )
        count = func.count().over(partition_by=DatasetVersion.name)
        ranked = select(DatasetVersion.id, rank.label("rank"), count.label("count")).subquery()
        query = select(DatasetVersion, ranked.c.count).join(ranked, ranked.c.id == DatasetVersion.id)
        with self._database.read() as session:
            rows = session.execute(query.where(ranked.c.rank == 1).order_by(DatasetVersion.name)).all()
        return [Latest(version, versions) for version, versions in rows]

    def delete(self, name: str) -> None:
        """Remove all contents of `name`.

        Raises `NotFoundError`; `ConflictError` where a job that is not over needs one; `StorageError`.
        """
        try:
            with self._database.write() as session:
                found = session.scalars(_newest_first().where(DatasetVersion.name == name)).all()
                if not found:
                    raise _unknown(name)
                _check_unneeded(session, name, {version.digest for version in found})
                for version in found:
                    session.delete(version)
                session.flush()
                self._remove(found)
        except OSError as error:
            raise StorageError(f"The files of {name} cannot be removed ({error.strerror or error}).") from error

    def _remove(self, versions: Sequence[DatasetVersion]) -> None:
        for version in versions:
            self.path(version).unlink(missing_ok=True)
        folder = self.path(versions[0]).parent
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()

    @staticmethod
    def _move(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.parent.is_symlink():
            raise StorageError(f"{target.parent} is a link to elsewhere; a data set's folder has to be a folder.")
        source.replace(target)
        sync_folder(target.parent)
        sync_folder(target.parent.parent)


def _digest(content: str, text_column: str, label_column: str) -> str:
    """sha256, in hexadecimal, of the file's own and the two columns: the same rows under another label are others."""
    return hashlib.sha256(json.dumps([content, text_column, label_column]).encode()).hexdigest()


def _newest_first() -> Any:
    return select(DatasetVersion).order_by(DatasetVersion.uploaded_at.desc(), DatasetVersion.id.desc())


def _find(session: Session, name: str, digest: str) -> DatasetVersion | None:
    query = select(DatasetVersion).where(DatasetVersion.name == name, DatasetVersion.digest == digest)
    return session.scalars(query).one_or_none()


def _check_unneeded(session: Session, name: str, digests: set[str]) -> None:
    for job in session.scalars(select(Job).where(Job.state.in_(_UNFINISHED))):
        ordered = job.request.get("dataset", {})
        if ordered.get("name") == name and ordered.get("digest") in digests:
            raise ConflictError(f"Job {job.id} is {job.state} and needs {name}. Cancel it first, or wait for its end.")


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(f"There is no data set {name!r}; GET /datasets lists those there are.")
