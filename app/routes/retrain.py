"""`POST /retrain`: a training, as soon as a worker is free; `GET /retrain/options`: what may be asked for."""

from http import HTTPStatus
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response
from pydantic_core import to_json

from app.audit import AuditedRoute
from app.body import read_body
from app.dependencies import AdminOnly, ServiceDep
from app.jobs import idempotency
from app.jobs.ordering import Ordering
from app.jobs.schemas import JobView, RetrainOptions, RetrainRequest, view
from app.json_body import parse_json
from app.problems import problems

router = APIRouter(tags=["retraining"], dependencies=[AdminOnly], route_class=AuditedRoute)

_REPLAYED = "Idempotent-Replayed"
_MESSAGES = {
    "model_type": 'the body has to be an object such as {"dataset": "…"}',
    "missing": "FIELD is missing",
    "string_type": "FIELD has to be a string",
    "int_type": "FIELD has to be a whole number",
    "int_parsing_size": "FIELD is too large a number",
    "bool_type": "FIELD has to be true or false",
    "extra_forbidden": f"FIELD is not a field of this request; it has {', '.join(RetrainRequest.model_fields)}",
}
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{RetrainRequest.__name__}"}}},
}
_KEY = {
    "name": idempotency.HEADER,
    "in": "header",
    "required": False,
    "description": "A string of the client's choice, such as a UUID. A request that is sent again under it, because "
    "no answer came, is answered by the job of the first time.",
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.LONGEST},
    "example": '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
}
_ACCEPTED = {
    "description": "The job waits for a worker, or did when this request came first",
    "headers": {
        "Location": {"description": "Where the job can be followed", "schema": {"type": "string"}},
        _REPLAYED: {"description": "`true` where the request had come before", "schema": {"type": "string"}},
    },
}


async def _ordering(request: Request) -> Ordering:
    return cast("Ordering", request.app.state.ordering)


OrderingDep = Annotated[Ordering, Depends(_ordering)]


@router.post(
    "/retrain",
    status_code=HTTPStatus.ACCEPTED,
    response_model=JobView,
    responses={202: _ACCEPTED, **problems(400, 401, 403, 409, 413, 422, 503)},
    openapi_extra={"requestBody": _BODY, "parameters": [_KEY]},
)
async def retrain(request: Request, service: ServiceDep, ordering: OrderingDep) -> Response:
    """Train a new version of the model that serves, compare the two, and let the better one serve.

    The answer comes at once; `GET /jobs/{id}/events` tells how the training goes. With an `Idempotency-Key` a request
    may be sent again without a second job; the same key with something else is answered 422.
    """
    service.admit()
    key = idempotency.parse_key(request.headers.getlist(idempotency.HEADER))
    body = await read_body(request, service.settings.max_body_bytes)
    job, created = await ordering.place(parse_json(body, RetrainRequest, _MESSAGES), key)
    headers = {"Location": f"{request.scope['root_path']}/jobs/{job.id}", "Cache-Control": "no-store"}
    if not created:
        headers[_REPLAYED] = "true"
    return Response(to_json(view(job)), HTTPStatus.ACCEPTED, headers, "application/json")


@router.get("/retrain/options", response_model=RetrainOptions, responses=problems(401, 403, 503))
async def options(ordering: OrderingDep) -> Response:
    """Presets, limits, data sets and defaults, and whether the service can train at all."""
    return Response(to_json(await ordering.describe()), media_type="application/json")
