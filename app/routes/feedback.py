"""`POST /feedback`: the label that a text should have had."""

import asyncio
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json

from app.body import read_body
from app.browsers import check_page
from app.dependencies import ClientOnly, FeedbackStoreDep, ServiceDep
from app.feedback.agreement import count_agreement
from app.feedback.schemas import FeedbackAnswer, FeedbackRequest, parse
from app.known_labels import check_label
from app.problems import problems

router = APIRouter(tags=["feedback"], dependencies=[ClientOnly])

# As with /predict, the endpoint reads the body itself, up to a limit.
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{FeedbackRequest.__name__}"}}},
}


@router.post(
    "/feedback",
    status_code=HTTPStatus.CREATED,
    response_model=FeedbackAnswer,
    responses=problems(400, 401, 403, 413, 422, 500, 503),
    openapi_extra={"requestBody": _BODY},
)
async def feedback(request: Request, service: ServiceDep, store: FeedbackStoreDep) -> Response:
    """Keep a corrected label for retraining. The answer comes once it is on disk.

    The same text under the same label is kept once, and counted; of several labels the last one is trained on.
    """
    check_page(request.scope["headers"], service.settings.cors_origins)
    serving = service.ready()
    given = parse(await read_body(request, service.settings.max_body_bytes), service.settings)
    check_label(given.label, serving.bundle.manifest.labels)
    times = await asyncio.to_thread(store.add, given.text, given.label, serving.name, serving.version)
    await count_agreement(service, given.text, given.label)
    content = {"times": times, "duplicate": times > 1}
    return Response(to_json(content), HTTPStatus.CREATED, media_type="application/json")
