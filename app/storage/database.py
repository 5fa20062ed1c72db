"""The database: an engine for its URL, brought to the present schema before its first use, and transactions.

Opened when it is first needed, so that the service answers whether there is a database or not. Blocking; meant for
threads.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, TimeoutError  # noqa: A004
from sqlalchemy.orm import Session, sessionmaker

from app.errors import StorageError
from app.storage import schema
from app.storage.engine import make_engine
from model.locking import exclusive

_MISTAKES = (DataError, IntegrityError, ProgrammingError)
"""What the caller did; any other error is the database's."""

logger = logging.getLogger(__name__)


class Database:
    """What is recorded. Threads may share it."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        """At `url`, or SQLite in `folder`. Raises `SettingsError` where the URL is none of a known database."""
        self._folder, self._lock = folder, threading.Lock()
        self._engine = make_engine(folder, url)
        self._opened = False
        self._trouble: str | None = None
        self._reading = sessionmaker(self._engine, expire_on_commit=False)
        self._writing = sessionmaker(self._engine.execution_options(writes=True), expire_on_commit=False)

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that changes nothing. Raises `StorageError` where the database cannot be used."""
        with self._session(self._reading) as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction, committed at the end of the block and undone where that raises.

        Only one is under way at a time, in all processes: what it reads stays true until it is committed.
        Raises `StorageError` where the database cannot be used.
        """
        with self._session(self._writing) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close idle connections."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _session(self, factory: Callable[[], Session]) -> Iterator[Session]:
        self._open()
        try:
            with factory() as session:
                yield session
            self._trouble = None
        except _MISTAKES:
            raise
        except (DBAPIError, TimeoutError) as error:
            raise self._unusable(error) from error

    def _open(self) -> None:
        with self._lock:
            if self._opened:
                return
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                # SQLite turns a write-ahead log on outside of transactions, where two may meet.
                with exclusive(self._folder), self._engine.execution_options(writes=True).begin() as connection:
                    schema.upgrade(connection)
            except OSError as error:
                problem = f"{self._folder} (TERCET_DATA) cannot be written ({error.strerror or error})."
                raise StorageError(problem) from error
            except (DBAPIError, TimeoutError) as error:
                raise self._unusable(error) from error
            self._opened = True

    def _unusable(self, error: DBAPIError | TimeoutError) -> StorageError:
        reason = str(error.orig if isinstance(error, DBAPIError) else error)
        first = next(iter(reason.strip().splitlines()), "no answer")
        # To the log alone, and once: strangers need not learn where the database is, and many may ask.
        if first != self._trouble:
            self._trouble = first
            url = self._engine.url.set(query={}).render_as_string(hide_password=True)
            logger.error("The database %s cannot be used: %s", url, first)
        return StorageError("The database cannot be used now; the log says why.")
