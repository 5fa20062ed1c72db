"""`/jobs`: what became of trainings, as it is now or as it happens, and cancelling them."""

import asyncio
import re
from http import HTTPStatus
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic_core import to_json

from app.audit import AuditedRoute
from app.dependencies import AdminOnly, ServiceDep
from app.errors import FieldProblem, InvalidRequestError, NotFoundError
from app.jobs.event_feed import EventFeeds
from app.jobs.event_stream import MEDIA_TYPE, EventStream
from app.jobs.schemas import FINAL, JobList, JobView, State, view
from app.problems import problems

router = APIRouter(prefix="/jobs", tags=["retraining"], dependencies=[AdminOnly], route_class=AuditedRoute)

_ID = re.compile(r"[0-9a-f]{32}")
_NUMBER = re.compile(r"[0-9]{1,18}")
"""A database holds numbers of up to 63 bits."""
_EVENTS = """event: state
data: {"state":"running"}
id: 17

event: progress
data: {"stage":"fit","epoch":1,"of":50,"batch":12,"batches":62,"loss":1.02,"elapsed_s":4.1,"seconds_left":130.0}
id: 18

event: epoch
data: {"epoch":1,"of":50,"loss":1.01,"accuracy":0.46,"validation_loss":0.97,"validation_accuracy":0.52}
id: 24

event: state
data: {"state":"succeeded","version":2}
id: 160

"""


def _checked(job_id: str) -> str:
    """What is no id names no job, and is not asked for: a database refuses some strings."""
    if not _ID.fullmatch(job_id):
        raise NotFoundError(f"There is no job {job_id[:80]!r}.")
    return job_id


async def _job_id(job_id: Annotated[str, Path(description="As the answer to `POST /retrain` has it.")]) -> str:
    return _checked(job_id)


async def _feeds(request: Request) -> EventFeeds:
    return cast("EventFeeds", request.app.state.event_feeds)


JobId = Annotated[str, Depends(_job_id)]
FeedsDep = Annotated[EventFeeds, Depends(_feeds)]


@router.get("", response_model=JobList, responses=problems(401, 403, 404, 422, 503))
async def jobs(
    feeds: FeedsDep,
    state: Annotated[State | None, Query(description="Those in this state alone.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(description="`next` of the answer before: those that come after it.")] = None,
) -> Response:
    """Jobs, the newest first."""
    last = None if before is None else _checked(before)
    found = await asyncio.to_thread(feeds.store.list, state=state, limit=limit + 1, before=last)
    shown = found[:limit]
    more = shown[-1].id if len(found) > limit else None
    return _answer({"jobs": [view(job) for job in shown], "next": more})


@router.get("/{job_id}", response_model=JobView, responses=problems(401, 403, 404, 503))
async def job(job_id: JobId, feeds: FeedsDep) -> Response:
    """A job: its state, how far it is, and what came of it."""
    return _answer(view(await asyncio.to_thread(feeds.store.get, job_id)))


@router.delete(
    "/{job_id}",
    response_model=JobView,
    responses={
        200: {"description": "The job is cancelled"},
        202: {"description": "The job still runs, and ends within 10 s", "model": JobView},
        **problems(401, 403, 404, 409, 503),
    },
)
async def cancel(job_id: JobId, feeds: FeedsDep) -> Response:
    """Cancel a job: at once while it is queued, within 10 s while it runs. One that has ended otherwise: 409."""
    cancelled = await asyncio.to_thread(feeds.store.cancel, job_id)
    return _answer(view(cancelled), HTTPStatus.OK if cancelled.state in FINAL else HTTPStatus.ACCEPTED)


@router.get(
    "/{job_id}/events",
    status_code=HTTPStatus.OK,
    response_class=EventStream,
    response_description="Events, until the one of the state in which the job ends",
    responses={
        200: {"content": {MEDIA_TYPE: {"example": _EVENTS}}},
        204: {"description": "The job has ended, and its last event was seen"},
        **problems(401, 403, 404, 422, 429, 503),
    },
)
async def events(
    job_id: JobId,
    service: ServiceDep,
    feeds: FeedsDep,
    last_event_id: Annotated[str | None, Header(description="The id of the last event that was seen.")] = None,
    from_query: Annotated[
        str | None, Query(alias="last_event_id", description="The same, for a first connection from a browser.")
    ] = None,
) -> Response:
    """What happens to a job, as server-sent events, from the beginning or from after the last one that was seen.

    The events are `state`, `progress`, `epoch`, `note` and `warning`; their data is JSON. Progress comes every second
    while the job runs, `epoch` once for each epoch, with its figures. The stream ends by itself after the state in
    which the job ends. One that ends before was cut by a restart: connect again with `Last-Event-ID`, which browsers do
    themselves.
    """
    service.admit()
    after = _event_id(last_event_id or from_query or "0")
    over = await feeds.over(job_id, after)
    if over and after:
        return Response(status_code=HTTPStatus.NO_CONTENT)  # which a browser takes as the end; else it would come back
    feeds.check_room()
    return EventStream(feeds, job_id, after, service.settings.stream_idle_s)


def _event_id(value: str) -> int:
    if not _NUMBER.fullmatch(value):
        message = f"Last-Event-ID is {value[:40]!r}; it has to be the id of an event"
        raise InvalidRequestError([FieldProblem("Last-Event-ID", message)])
    return int(value)


def _answer(content: Any, status: int = HTTPStatus.OK) -> Response:
    return Response(to_json(content), status, {"Cache-Control": "no-store"}, "application/json")
