"""Engines of SQLAlchemy for the two kinds of database, made to behave alike: one writer at a time, and strict JSON."""

from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.errors import SettingsError

_SQLITE = "tercet.db"
_BUSY_S = 30
"""How long a writer waits for another one; each takes milliseconds."""
_IDLE_S = 60
"""How long a writer may do nothing before Postgres takes it for gone."""
_CONNECT_S = 5
_UNHEARD_MS = 10_000
"""How long a network may swallow what was sent before the connection counts as broken."""
_WRITERS = 0x7E2CE7
"""Tercet's advisory lock."""


def make_engine(folder: Path, url: str | None) -> Engine:
    """The engine for the database at `url`, or for SQLite in `folder`; execution option `writes`: this one may write.

    Connects to nothing yet. Raises `SettingsError` where the URL is none of a database that is known here.
    """
    if url is None:
        return _sqlite(folder / _SQLITE)
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        problem = "TERCET_DATABASE_URL is no database's URL, such as postgresql://user:password@host/name."
        raise SettingsError([problem]) from None  # the cause would show the URL, and with it a password
    backend = parsed.get_backend_name()
    if backend not in ("postgresql", "postgres"):
        raise SettingsError(
            [f"TERCET_DATABASE_URL names {backend}; it has to be postgresql://…, or unset for SQLite in TERCET_DATA."]
        )
    return _postgres(parsed.set(drivername="postgresql+psycopg"))


def _postgres(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": _CONNECT_S, "tcp_user_timeout": _UNHEARD_MS},
        json_serializer=_to_json,
        json_deserializer=from_json,
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writes", False):
            connection.exec_driver_sql(
                f"SET LOCAL lock_timeout = '{_BUSY_S}s';"
                f"SET LOCAL idle_in_transaction_session_timeout = '{_IDLE_S}s';"
                f"SELECT pg_advisory_xact_lock({_WRITERS})"
            )

    return engine


def _sqlite(file: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        hide_parameters=True,  # in messages of errors, which get into the log: they are people's texts
        connect_args={"timeout": _BUSY_S},
        json_serializer=_to_json,
        json_deserializer=from_json,
    )

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


def _to_json(value: Any) -> str:
    # A loss may be no number, for which JSON has no word, and Postgres no patience.
    return to_json(value, inf_nan_mode="null").decode()
