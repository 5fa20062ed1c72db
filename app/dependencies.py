"""What routes ask for by name."""

from typing import Annotated, cast

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from app.datasets.intake import Intake
from app.datasets.store import DatasetStore
from app.feedback.store import FeedbackStore
from app.keys import Caller, Keyring
from app.service import Service
from app.storage.database import Database


async def _service(request: Request) -> Service:
    return cast("Service", request.app.state.service)


ServiceDep = Annotated[Service, Depends(_service)]


async def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


DatabaseDep = Annotated[Database, Depends(_database)]
"""Its calls block: make them in a thread (`asyncio.to_thread`)."""


async def _dataset_store(request: Request) -> DatasetStore:
    return cast("DatasetStore", request.app.state.datasets)


DatasetStoreDep = Annotated[DatasetStore, Depends(_dataset_store)]
"""Its calls block too."""


async def _feedback_store(request: Request) -> FeedbackStore:
    return cast("FeedbackStore", request.app.state.feedback)


FeedbackStoreDep = Annotated[FeedbackStore, Depends(_feedback_store)]
"""As above."""


async def _intake(request: Request) -> Intake:
    return cast("Intake", request.app.state.intake)


IntakeDep = Annotated[Intake, Depends(_intake)]

# These tell OpenAPI, and so the page at /docs, how a key is sent; `app.keys` reads it.
_Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Security(HTTPBearer(scheme_name="Bearer", auto_error=False, description="A client's or an admin's key.")),
]
_Header = Annotated[
    str | None,
    Security(APIKeyHeader(name="X-API-Key", scheme_name="X-API-Key", auto_error=False, description="The same key.")),
]


async def require_client(request: Request, _bearer: _Bearer, _header: _Header) -> None:
    """Raises `KeyMissingError` where client routes ask for a key and the request has none that is good."""
    keyring: Keyring = request.app.state.keyring
    keyring.check_client(request.scope["headers"])


async def require_admin(request: Request, _bearer: _Bearer, _header: _Header) -> Caller:
    """Who it is that may. Raises `KeyMissingError` or `KeyForbiddenError`."""
    keyring: Keyring = request.app.state.keyring
    return keyring.check_admin(request.scope["headers"])


ClientOnly = Depends(require_client)
"""For the `dependencies` of a router; open where no client keys are set."""
AdminOnly = Security(require_admin, scopes=["admin"])
"""The same for admin routes, which always ask for a key; OpenAPI says whose. They are `app.audit.AuditedRoute`s too."""
