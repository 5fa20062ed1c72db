"""What routes ask for by name."""

from typing import Annotated, cast

from fastapi import Depends, Request

from app.service import Service
from app.storage.database import Database


async def _service(request: Request) -> Service:
    return cast("Service", request.app.state.service)


ServiceDep = Annotated[Service, Depends(_service)]


async def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


DatabaseDep = Annotated[Database, Depends(_database)]
"""Its calls block: make them in a thread (`asyncio.to_thread`)."""
