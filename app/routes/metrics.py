"""`GET /metrics`: for Prometheus."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from app.audience import Audience
from app.metrics.collector import ServiceCollector
from app.metrics.exposition import MEDIA_TYPES, exposition
from app.metrics.jobs import JobCounter

router = APIRouter(tags=["metrics"])

_TEXT: dict[str, Any] = {"schema": {"type": "string"}}


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": dict.fromkeys(MEDIA_TYPES, _TEXT)}},
)
async def metrics(request: Request) -> Response:
    """What all processes of the service did since it was started, whichever one answers; docs/monitoring.md lists it.

    In the form of OpenMetrics where `Accept` asks for it. TERCET_METRICS says who may read it.
    """
    counter: JobCounter = request.app.state.job_counter
    collector: ServiceCollector = request.app.state.collector
    audience: Audience = request.app.state.audience
    audience.tell()
    collector.jobs = await counter.counts()
    accept, encoding = (request.headers.get(name, "") for name in ("accept", "accept-encoding"))
    # Some milliseconds, which in a thread others need not wait for.
    body, sent = await asyncio.to_thread(exposition, collector, accept, encoding)
    return Response(body, headers=sent)
