"""The database: an engine for its URL, brought to the present schema before its first use, and transactions.

Opened when it is first needed, so that the service answers whether there is a database or not. Blocking; meant for
threads.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session, sessionmaker

from app.errors import SettingsError, StorageError
from app.storage import schema
from model.locking import exclusive

_SQLITE = "tercet.db"
_BUSY_S = 30
"""How long a writer waits for another one; each takes milliseconds."""
_CONNECT_S = 5
_MISTAKES = (DataError, IntegrityError, ProgrammingError)
"""What the caller did; any other error of the database is the database's."""


class Database:
    """What is recorded. Threads may share it."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        """At `url`, or SQLite in `folder`. Raises `SettingsError` where the URL is none of a known database."""
        self._folder, self._lock = folder, threading.Lock()
        self._engine = _engine(folder, url)
        self._opened = False
        self._reading = sessionmaker(self._engine, expire_on_commit=False)
        self._writing = sessionmaker(self._engine.execution_options(writes=True), expire_on_commit=False)

    @property
    def url(self) -> str:
        """Where it is, without its password."""
        return self._engine.url.render_as_string(hide_password=True)

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that changes nothing. Raises `StorageError` where the database cannot be used."""
        with self._session(self._reading) as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction, committed at the end of the block. Raises `StorageError` where the database cannot be used."""
        with self._session(self._writing) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close idle connections."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _session(self, factory: Callable[[], Session]) -> Iterator[Session]:
        try:
            self._open()
            with factory() as session:
                yield session
        except DatabaseError as error:
            if isinstance(error, _MISTAKES):
                raise
            reason = next(iter(str(error.orig).strip().splitlines()), "no answer")
            raise StorageError(f"The database {self.url} cannot be used now ({reason}).") from error

    def _open(self) -> None:
        with self._lock:
            if not self._opened:
                self._make_folder()
                with self._alone(), self._engine.begin() as connection:
                    schema.upgrade(connection)
                self._opened = True

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{self._folder} (TERCET_DATA) cannot be made ({error.strerror or error}).") from error

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time changes the schema."""
        if self._engine.dialect.name == "sqlite":
            with exclusive(self._folder):
                yield
        else:
            with self._engine.connect() as connection, connection.begin():
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": 0x7E2CE7})
                yield


def _engine(folder: Path, url: str | None) -> Engine:
    try:
        parsed = make_url(url) if url else make_url(f"sqlite:///{folder / _SQLITE}")
        backend = parsed.get_backend_name()
        if backend == "sqlite":
            return _sqlite(create_engine(parsed, connect_args={"timeout": _BUSY_S}))
        if backend in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
            return create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_S})
    except ArgumentError as error:
        raise SettingsError(
            ["TERCET_DATABASE_URL is no database's URL, such as postgresql://user@host/name."]
        ) from error
    raise SettingsError([f"TERCET_DATABASE_URL names {backend}; SQLite and postgresql:// are supported."])


def _sqlite(engine: Engine) -> Engine:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin below, not where the driver thinks best
        # FULL: what was answered survives a power cut, not only a killed process.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and then writes would fail where another one wrote in between.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
