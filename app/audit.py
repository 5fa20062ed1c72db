"""Who changed what and when: a line of the log and a row of the table for every admin request but GET and HEAD."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError

from app.errors import StorageError
from app.keys import Caller, Keyring
from app.problems import status_of
from app.request_id import request_id
from app.storage.database import Database
from app.storage.tables import AuditEntry

_READING = ("GET", "HEAD")
_LONGEST_TARGET = 255

logger = logging.getLogger(__name__)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class AuditedRoute(APIRoute):
    """An admin route. The key is asked for before the body is read."""

    def get_route_handler(self) -> Handler:
        """The framework's handler, watched."""
        handler = super().get_route_handler()

        async def audited(request: Request) -> Response:
            keyring: Keyring = request.app.state.keyring
            if request.method in _READING:
                keyring.check_admin(request.scope["headers"])
                return await handler(request)
            caller = keyring.caller(request.scope["headers"])
            outcome = "cancelled"
            try:
                keyring.check_admin(request.scope["headers"])
                response = await handler(request)
                outcome = str(response.status_code)
            except Exception as error:
                outcome = str(int(status_of(error)))
                raise
            finally:
                await _record(request, caller, outcome)
            return response

        return audited


async def _record(request: Request, caller: Caller | None, outcome: str) -> None:
    """Never fails: what was done was done, whether it can be recorded or not."""
    entry = AuditEntry(
        who=caller.fingerprint if caller else "-",
        action=request.method,
        target=_target(request),
        outcome=outcome,
        request_id=request_id(request.scope),
    )
    line = (entry.who, entry.action, entry.target, entry.outcome, entry.request_id)
    logger.info("key %s: %s %s -> %s (request %s)", *line)
    if caller is None:
        return  # or anybody could fill the disk
    try:
        await asyncio.to_thread(_insert, request.app.state.database, entry)
    except (StorageError, SQLAlchemyError) as error:
        logger.error("The audit entry of request %s is in this log alone: %s", line[-1], error)  # noqa: TRY400 - its text says it


def _insert(database: Database, entry: AuditEntry) -> None:
    with database.write() as session:
        session.add(entry)


def _target(request: Request) -> str:
    """The path as it was sent, percent signs and all: no line break and no NUL can be in it."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return raw.decode("ascii", "backslashreplace")[:_LONGEST_TARGET]
