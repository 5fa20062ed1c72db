"""Errors as RFC 9457 problem details: the one place that knows which error has which status.

`install` gives an application its handlers; `problems` documents statuses of a route in OpenAPI. Below the paths of
inference protocols they take the form of those (`app.protocols.errors`).
"""

import asyncio
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import (
    BodyTooLargeError,
    ConflictError,
    FieldProblem,
    ForeignPageError,
    InvalidRequestError,
    KeyForbiddenError,
    KeyMissingError,
    NotFoundError,
    NotJsonError,
    NotReadyError,
    PipelineError,
    PipelineMissingError,
    QueueFullError,
    RefusedFileError,
    StorageError,
    StorageFullError,
    TooSlowError,
    UnsupportedFormatError,
)
from app.exchange import route_of
from app.protocols.errors import MalformedRequestError, error, speaks_protocol
from app.request_id import request_id
from model.errors import TercetError

MEDIA_TYPE = "application/problem+json"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_HEADERS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": "1"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "2"},
}
_STATUS: dict[type[Exception], HTTPStatus] = {
    NotJsonError: HTTPStatus.BAD_REQUEST,
    MalformedRequestError: HTTPStatus.BAD_REQUEST,
    BodyTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    InvalidRequestError: HTTPStatus.UNPROCESSABLE_ENTITY,
    QueueFullError: HTTPStatus.TOO_MANY_REQUESTS,
    NotReadyError: HTTPStatus.SERVICE_UNAVAILABLE,
    KeyMissingError: HTTPStatus.UNAUTHORIZED,
    KeyForbiddenError: HTTPStatus.FORBIDDEN,
    ForeignPageError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
    UnsupportedFormatError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    TooSlowError: HTTPStatus.REQUEST_TIMEOUT,
    StorageFullError: HTTPStatus.INSUFFICIENT_STORAGE,
    PipelineError: HTTPStatus.SERVICE_UNAVAILABLE,
    PipelineMissingError: HTTPStatus.SERVICE_UNAVAILABLE,
    RefusedFileError: HTTPStatus.UNPROCESSABLE_ENTITY,
}

logger = logging.getLogger(__name__)


class ProblemField(BaseModel):
    """What is wrong with one field of the request."""

    field: str
    message: str


class Problem(BaseModel):
    """An error, RFC 9457. `type` is `about:blank`: the status says it all."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemField] | None = None


def problem(
    status: int, detail: str, fields: list[FieldProblem] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The response for an error; 401 says what is missing, 429 and 503 when to come back."""
    known = HTTPStatus(status)
    content: dict[str, Any] = {"type": "about:blank", "title": known.phrase, "status": status, "detail": detail}
    if fields is not None:
        content["errors"] = [{"field": f.field, "message": f.message} for f in fields]
    return _ProblemResponse(content, {**(headers or {}), **_HEADERS.get(known, {})})


class _ProblemResponse(Response):
    """An error, in the form that the path of the request asks for."""

    def __init__(self, content: dict[str, Any], headers: Mapping[str, str]) -> None:
        super().__init__(to_json(content), content["status"], headers, MEDIA_TYPE)
        self._protocols = error(content["status"], content["detail"], headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if speaks_protocol(scope):
            await self._protocols(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these errors."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Answer every error in this form, the framework's own among them."""
    app.add_exception_handler(TercetError, _domain_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(ClientDisconnect, _nobody_listens)


class UnexpectedErrorMiddleware:
    """What no route meant to happen: a defect, or the end of the process before the answer was there.

    The traceback of a defect goes to the log under the request's id; the caller learns the id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        started = False

        async def observed_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, observed_send)
        except asyncio.CancelledError:  # by the server, once the time to drain is over; the task ends here
            if not started:
                detail = "The service was shut down before the answer was ready."
                await problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)(scope, receive, send)
        except Exception:  # a defect: the caller still gets an answer, the log the traceback
            if scope["type"] != "http" or started:
                raise
            name = request_id(scope)
            logger.exception("%s %s failed (request %s)", scope["method"], route_of(scope) or "no route", name)
            await mistake(name)(scope, receive, send)


def mistake(name: str) -> Response:
    """The response to a defect of ours in request `name`."""
    detail = f"The service made a mistake; its log says more under request {name}."
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def refusal(error: TercetError) -> Response:
    """The response for a domain error. Raises it again where it is none that a request may cause."""
    status = _STATUS.get(type(error))
    if status is None:
        raise error
    if isinstance(error, InvalidRequestError):
        return problem(status, str(error), error.problems)
    if isinstance(error, RefusedFileError):
        return problem(status, str(error), [FieldProblem(fault.kind, fault.message) for fault in error.problems])
    return problem(status, str(error))


def status_of(error: Exception) -> HTTPStatus:
    """The status of the answer to a request that raised `error`."""
    if isinstance(error, HTTPException):
        return HTTPStatus(error.status_code)
    if isinstance(error, RequestValidationError):
        return HTTPStatus.UNPROCESSABLE_ENTITY
    if isinstance(error, ClientDisconnect):
        return HTTPStatus.BAD_REQUEST
    return _STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)


async def _domain_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, TercetError)  # noqa: S101 - registered for no other
    return refusal(error)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for no other
    detail = {
        HTTPStatus.NOT_FOUND: "There is nothing at this path; /docs lists the routes.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not a method of this path.",
    }.get(HTTPStatus(error.status_code), str(error.detail))
    headers = error.headers
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": ", ".join(_allowed(request))}
    return problem(error.status_code, detail, headers=headers)


def _allowed(request: Request) -> list[str]:
    """The methods of a path. The framework would name those of the first route that has it."""
    scope, routes = request.scope, request.app.router.routes
    asked = {"HEAD": "GET"}  # which `app.head_requests` answers wherever there is GET
    return [
        method
        for method in _METHODS
        if any(route.matches({**scope, "method": asked.get(method, method)})[0] is Match.FULL for route in routes)
    ]


async def _validation_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for no other
    fields = [FieldProblem(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors()]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not as it has to be.", fields)


async def _nobody_listens(_request: Request, _error: Exception) -> Response:
    return Response(status_code=HTTPStatus.BAD_REQUEST)  # goes nowhere: the client has left
