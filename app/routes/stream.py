"""`POST /predict/stream`: a text a line in, a prediction a line out."""

from typing import Any

from fastapi import APIRouter, Response
from starlette.types import Receive, Scope, Send

from app.dependencies import ClientOnly, ServiceDep
from app.patience import go_at_own_pace
from app.predict_request import StreamLine
from app.problems import problems
from app.schemas import StreamAnswer
from app.service import Service
from app.stream import MEDIA_TYPE, Stream

router = APIRouter(tags=["predict"], dependencies=[ClientOnly])


def _lines_of(schema: type) -> dict[str, Any]:
    """The content of a body whose lines are of `schema`, as the framework itself describes streams."""
    return {"content": {MEDIA_TYPE: {"itemSchema": {"$ref": f"#/components/schemas/{schema.__name__}"}}}}


class _StreamResponse(Response):
    """Reads the request while it answers."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        go_at_own_pace(scope)
        await Stream(self._service, scope, receive, send).run()


@router.post(
    "/predict/stream",
    status_code=200,
    response_class=_StreamResponse,
    response_description="An answer for each line, in order",
    responses={200: _lines_of(StreamAnswer), **problems(401, 500, 503)},
    openapi_extra={"requestBody": _lines_of(StreamLine)},  # of no line, too
)
async def predict_stream(service: ServiceDep) -> Response:
    """Class probabilities of the text of each line, a JSON object such as `{"text": "…"}`, in the order of the lines.

    A line that cannot be used is answered by an error that names it, and the stream goes on. Blank lines are passed
    over. Answers come while lines are still sent, and have to be read meanwhile: whoever reads nothing before the
    last line is sent waits for ever once the buffers are full, as the service does then.
    """
    service.ready()
    return _StreamResponse(service)
