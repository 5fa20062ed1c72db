"""`POST /explain`: what the network did with one text, and which of its words moved the answer."""

from typing import Any

import numpy as np
from fastapi import APIRouter, Request, Response

from app.body import read_body
from app.classifier import Classification
from app.dependencies import ClientOnly, ServiceDep
from app.errors import ConflictError
from app.explain_request import QUERY, ExplainRequest, Wanted, parse
from app.explain_schemas import Explained
from app.explanation_json import explanation_json
from app.known_labels import check_label
from app.logs.texts import log_texts
from app.model_host import Serving
from app.problems import problems
from app.routes.predict import present
from model.errors import NotExplainableError

router = APIRouter(tags=["explain"], dependencies=[ClientOnly])

# As with /predict, the endpoint reads the body itself, up to a limit; and the query, since a short way leads here too.
_BODY: dict[str, Any] = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{ExplainRequest.__name__}"}}},
}


@router.post(
    "/explain",
    response_model=Explained,
    responses=problems(400, 401, 409, 413, 422, 429, 500, 503),
    openapi_extra={"requestBody": _BODY, "parameters": QUERY},
)
async def explain(request: Request, service: ServiceDep) -> Response:
    """What each layer made of `text`, how much each word moved the answer, and what it would be without the word.

    It takes about as long as 32 texts take `POST /predict`, and as much room in the queue. A bundle that another tool
    has exported may leave parts out, or answer 409 where nothing at all can be seen of its network.
    """
    service.admit()
    body = await read_body(request, service.settings.max_body_bytes)
    service.explaining.check_room()
    wanted = parse(body, request.query_params, service.settings)
    if service.settings.log_texts:
        log_texts([wanted.text])
    content = await service.explaining.run(lambda serving: _explained(serving, wanted))
    return Response(content, media_type="application/json")


def _explained(serving: Serving, wanted: Wanted) -> bytes:
    """In the thread that explains: making the JSON is a good part of the work."""
    if wanted.label is not None:
        check_label(wanted.label, serving.bundle.manifest.labels)
    try:
        explanation = serving.explainer.explain(wanted.text, wanted.label)
    except NotExplainableError as error:
        raise ConflictError(str(error)) from error
    probabilities = explanation.probabilities[np.newaxis]  # (1, classes)
    (prediction,) = present(
        Classification(serving, probabilities, [explanation.counts], probabilities.argmax(axis=1).tolist())
    )
    return explanation_json(explanation, prediction, serving.bundle.manifest, full=wanted.full)
