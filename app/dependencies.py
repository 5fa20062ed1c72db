"""What routes ask for by name."""

from typing import Annotated, cast

from fastapi import Depends, Request

from app.service import Service


async def _service(request: Request) -> Service:
    return cast("Service", request.app.state.service)


ServiceDep = Annotated[Service, Depends(_service)]
