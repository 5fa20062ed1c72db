"""`GET /model`: what serves."""

from fastapi import APIRouter, Response
from pydantic_core import to_json

from app.dependencies import ClientOnly, ServiceDep
from app.problems import problems
from app.schemas import ServingModel
from app.versions import display_names

router = APIRouter(tags=["model"], dependencies=[ClientOnly])


@router.get("/model", response_model=ServingModel, responses=problems(401, 503))
async def model(service: ServiceDep) -> Response:
    """The version that serves: labels, layers with shapes and parameter counts, metrics, data fingerprint."""
    serving = service.models.serving()
    facts = serving.bundle.manifest.model_dump(mode="json", include=set(ServingModel.model_fields))
    own = {
        "name": serving.name,
        "version": serving.version,
        "label_names": display_names(serving.bundle.manifest),
        "device": serving.device,
    }
    return Response(to_json(facts | own), media_type="application/json")
