"""Errors as inference protocols have them: `{"error": str}`, below /v1 and /v2.

Endpoints raise as native ones do: `app.problems` knows the statuses, and its answers take this form by the path.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Scope

from model.errors import TercetError

_ROOTS = ("/v1", "/v2")
_BELOW = tuple(f"{root}/" for root in _ROOTS)


class MalformedRequestError(TercetError):
    """A request that is not of the form that its protocol has."""


class ProtocolError(BaseModel):
    """What was wrong, where, and what to do."""

    error: str


def speaks_protocol(scope: Scope) -> bool:
    """Whether the path of an ASGI scope is one of an inference protocol."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.startswith(_BELOW) or path in _ROOTS


def error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """The response for an error."""
    return Response(to_json({"error": message}), status, headers, "application/json")


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these errors, for OpenAPI."""
    return {status: {"description": HTTPStatus(status).phrase, "model": ProtocolError} for status in statuses}
