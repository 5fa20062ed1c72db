"""`GET /drift`: whether what is asked lately is like what the model was tested on."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from app.dependencies import ClientOnly, ServiceDep
from app.metrics.drift import drift as find_drift
from app.metrics.schemas import DriftAnswer
from app.problems import problems
from app.schemas import ModelName

router = APIRouter(tags=["metrics"], dependencies=[ClientOnly])


@router.get("/drift", response_model=DriftAnswer, responses=problems(401, 503))
async def drift(service: ServiceDep) -> Response:
    """Predicted classes and unknown words of the last TERCET_DRIFT_WINDOW_S, against those of the model's test rows.

    Of the version that serves, in all processes; a version begins with nothing. Streams count, explanations and files
    do not.
    """
    serving = service.models.serving()
    window_s = service.settings.drift_window_s
    found = find_drift(serving.bundle.manifest, serving.version, service.statistics.read(), window_s)
    answer = DriftAnswer.of(found, ModelName(name=serving.name, version=serving.version), window_s)
    return JSONResponse(answer.model_dump(mode="json"))
