"""`GET /statistics`: what the service did since it was started."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from app.dependencies import ServiceDep
from app.schemas import StatisticsTotals

router = APIRouter(tags=["statistics"])


@router.get("/statistics", response_model=StatisticsTotals)
async def statistics(service: ServiceDep) -> Response:
    """Requests, texts, batches and times, of all processes of the service, whichever one answers.

    The counters are not read at one moment, so under load they may be a request apart. A long stream counts as many
    requests, one for each part that was classified on its own. An explanation is a request of one text, and no batch.
    """
    return JSONResponse(service.statistics.totals())
