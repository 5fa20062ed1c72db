"""The queue: huey carries the ids of jobs from the service to a worker, as JSON.

It is only how a worker hears of a job at once. The table of jobs is the truth: a worker that has nothing to do looks
there, so nothing is lost with the queue, and an id that comes twice does no harm.
"""

import json
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer
from sqlalchemy.engine import make_url

from app.errors import SettingsError
from app.settings import Settings

_NAME = "tercet"
_FILE = "queue.db"
_CONNECT_S = 5

logger = logging.getLogger(__name__)


class JsonSerializer(Serializer):  # type: ignore[misc] # huey comes without types
    """Messages of huey as JSON: a queue that somebody else can write to must not run their code, as pickle would."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data._asdict() if isinstance(data, Message) else data).encode()

    def _deserialize(self, data: bytes) -> Any:
        content = json.loads(data)
        if isinstance(content, dict) and set(content) == set(Message._fields):
            return Message(**{**content, "args": tuple(content["args"])})
        return content


class JobQueue:
    """The queue as those see it who have jobs. Opened for each of them, which are few, and held by nobody."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def enqueue(self, job_id: str) -> None:
        """Tell a worker of a job. Where that fails, one finds it by itself a little later. Blocking."""
        try:
            huey = open_queue(self._settings)
            try:
                training_task(huey, _run_by_a_worker)(job_id)
            finally:
                huey.storage.close()
        except Exception as error:  # noqa: BLE001 - of whatever database it is; the job is recorded all the same
            logger.warning("Job %s waits for a worker to find it, since the queue cannot be used: %s", job_id, error)


def open_queue(settings: Settings) -> Huey:
    """huey, where the settings say. Raises what its database raises, and `SettingsError`."""
    options: dict[str, Any] = {"results": False, "serializer": JsonSerializer()}
    if settings.queue_url:
        return RedisHuey(_NAME, connection_pool=_redis(settings.queue_url), **options)
    url = make_url(settings.database_url or "sqlite://")
    if url.get_backend_name() in ("postgresql", "postgres"):
        libpq = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return PostgresHuey(_NAME, dsn=libpq, connect_timeout=_CONNECT_S, **options)
    return _in_file(settings.data, options)


def _in_file(folder: Path, options: dict[str, Any]) -> Huey:
    """SQLite in `folder`; a file that is damaged is replaced, since all that it holds is in the table of jobs too."""
    folder.mkdir(parents=True, exist_ok=True)
    file = str(folder / _FILE)
    try:
        return SqliteHuey(_NAME, filename=file, **options)
    except sqlite3.OperationalError:  # it is locked, or may not be written
        raise
    except sqlite3.DatabaseError as error:
        logger.warning("%s is damaged and replaced (%s)", file, error)
        for path in folder.glob(f"{_FILE}*"):
            path.unlink(missing_ok=True)
        return SqliteHuey(_NAME, filename=file, **options)


def _redis(url: str) -> Any:
    """Connections to Redis. Raises `SettingsError`."""
    try:
        from redis import ConnectionPool  # noqa: PLC0415 - an extra

        return ConnectionPool.from_url(url, socket_connect_timeout=_CONNECT_S)
    except ImportError as error:
        raise SettingsError(["TERCET_QUEUE_URL needs the extra `redis`: pip install 'tercet[redis]'."]) from error
    except ValueError as error:
        raise SettingsError([f"TERCET_QUEUE_URL cannot be used: {error}"]) from error


def training_task(huey: Huey, run: Callable[[str], None]) -> Any:
    """The one kind of message there is: a job's id, for `run`."""

    def train(job_id: str) -> None:
        run(job_id)

    return huey.task(name="train")(train)


def _run_by_a_worker(job_id: str) -> None:
    raise RuntimeError(f"Job {job_id} is to be run by a worker.")
