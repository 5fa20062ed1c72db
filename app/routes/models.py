"""`/models`: the versions of the model that serves and their reports; promote one, and remove one."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic_core import to_json

from app.audit import AuditedRoute
from app.dependencies import AdminOnly, ClientOnly, ServiceDep
from app.problems import problems
from app.schemas import ModelName, ModelVersions, StoredModel
from app.service import Service
from app.versions import Versions
from model.registry import Registry

Version = Annotated[int, Path(ge=1, le=10**9)]

# A bundle may come from elsewhere: its report is shown, and may run and fetch nothing.
_REPORT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

router = APIRouter(tags=["model"])
_client = APIRouter(prefix="/models", dependencies=[ClientOnly])
_admin = APIRouter(prefix="/models", dependencies=[AdminOnly], route_class=AuditedRoute)


@_client.get("", response_model=ModelVersions, responses=problems(401, 503))
async def models(service: ServiceDep) -> Response:
    """The versions of the model that serves, the newest first. One that is damaged says so."""
    versions = _versions(service)
    content = {"name": versions.name, "versions": await asyncio.to_thread(versions.all)}
    return Response(to_json(content), media_type="application/json")


@_client.get("/{version}", response_model=StoredModel, responses=problems(401, 404, 409, 422, 503))
async def model_version(version: Version, service: ServiceDep) -> Response:
    """A version: labels, layers with shapes and parameter counts, metrics, data fingerprint; 409 if damaged."""
    content = await asyncio.to_thread(_versions(service).one, version)
    return Response(to_json(content), media_type="application/json")


@_client.get(
    "/{version}/report",
    response_class=HTMLResponse,
    response_description="A page that needs nothing else",
    responses=problems(401, 404, 409, 422, 503),
)
async def report(version: Version, service: ServiceDep) -> Response:
    """How the training of a version went: curves, confusions, calibration. 404 where it has no report."""
    content = await asyncio.to_thread(_versions(service).report, version)
    return HTMLResponse(content, headers=_REPORT_HEADERS)


@_admin.post("/{version}/promote", response_model=ModelName, responses=problems(401, 403, 404, 409, 422, 503))
async def promote(version: Version, service: ServiceDep) -> Response:
    """Make a version serve; of an older one, that is the rollback. No request is dropped.

    It is loaded and tried out first, and the answer comes once this process serves it; the others of this service
    follow within seconds. Where it cannot be served, 409 says why, and all is as it was.
    """
    service.admit()
    serving = await service.swap.promote(version)
    return JSONResponse({"name": serving.name, "version": serving.version})


@_admin.delete("/{version}", status_code=204, responses=problems(401, 403, 404, 409, 422, 503))
async def remove(version: Version, service: ServiceDep) -> Response:
    """Delete a version. 409 for the one that serves."""
    service.admit()
    await service.swap.remove(version)
    return Response(status_code=204)


router.include_router(_client)
router.include_router(_admin)


def _versions(service: Service) -> Versions:
    serving = service.models.serving()
    return Versions(Registry(service.settings.models_folder), serving.name, serving.version)
