"""`POST /predict`: the class of one text, or of several."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json

from app.body import read_body
from app.classifier import Classification
from app.dependencies import ClientOnly, ServiceDep
from app.predict_request import PredictRequest, parse
from app.problems import problems
from app.schemas import Prediction, Predictions

router = APIRouter(tags=["predict"], dependencies=[ClientOnly])

# The endpoint reads the body itself, since the framework would know no limit; so OpenAPI needs to be told.
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{PredictRequest.__name__}"}}},
}


@router.post(
    "/predict",
    response_model=Prediction | Predictions,
    responses=problems(400, 401, 413, 422, 429, 500, 503),
    openapi_extra={"requestBody": _BODY},
)
async def predict(request: Request, service: ServiceDep) -> Response:
    """Class probabilities of `text`, or of each of `texts` in order.

    The body is read as JSON, whatever its Content-Type says.
    """
    service.admit()
    body = await read_body(request, service.settings.max_body_bytes)
    service.classifier.check_room()  # before the parsing, after the reading: a body left unread costs the connection
    texts = parse(body, service.settings)
    predictions = present(await service.classifier.classify(texts.texts))
    content = {"predictions": predictions} if texts.several else predictions[0]
    return Response(to_json(content), media_type="application/json")


def present(classification: Classification) -> list[dict[str, Any]]:
    """The content of a `Prediction` for each text."""
    serving = classification.serving
    labels = serving.bundle.manifest.labels
    model = {"name": serving.name, "version": serving.version}
    return [
        {
            "label": labels[winner],
            "probabilities": dict(zip(labels, row, strict=True)),
            "tokens": count._asdict(),
            "model": model,
        }
        for winner, row, count in zip(
            classification.best, classification.probabilities.tolist(), classification.counts, strict=True
        )
    ]
