"""`GET /health/live` and `/health/ready`: whether to restart the process, and whether to send it requests."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from app.dependencies import ServiceDep
from app.problems import problem, problems
from app.schemas import Live, Ready

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", response_model=Live, responses=problems(503))
async def live(service: ServiceDep) -> Response:
    """200 while the event loop answers and the inference thread is neither dead nor stuck."""
    if service.live():
        return JSONResponse({"status": "live", "inference_thread": "alive"})
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "The inference thread is dead or stuck; restart the process.")


@router.get("/ready", response_model=Ready, responses=problems(503))
async def ready(service: ServiceDep) -> Response:
    """200 once a model is loaded and warm, until the shut-down begins; otherwise 503 that says why.

    Where another version was promoted and cannot be loaded, `failed` says which and why, and the status stays 200.
    """
    serving, failed = service.check_ready(), service.swap.failed
    content: dict[str, Any] = {"status": "ready", "model": {"name": serving.name, "version": serving.version}}
    if failed is not None:
        content["failed"] = {"version": failed.version, "reason": failed.reason}
    return JSONResponse(content)
