"""The request of `POST /explain`: body and query become what is wanted, or an error that says what is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import QueryParams

from app.errors import FieldProblem, InvalidRequestError
from app.json_body import parse_json
from app.predict_request import Text, text_fault
from app.settings import Settings

Detail = Literal["full", "summary"]

_DETAILS = get_args(Detail)
_MOST_SHOWN = 40
"""Characters of a value that an error repeats."""
_MESSAGES = {
    "model_type": 'the body has to be an object such as {"text": "…"}',
    "string_type": "FIELD has to be a string",
    "missing": "FIELD is missing",
    "literal_error": f"FIELD has to be {' or '.join(_DETAILS)}",
    "extra_forbidden": "FIELD is not a field of this request; it has text, label and detail",
}
_LABEL = (
    "The class that words are weighed for, one of the labels of the model (`GET /model`); left out, the predicted one."
)
_DETAIL = "`summary` leaves out `activations`, `positions` and `states`, which are most of the answer."


class ExplainRequest(BaseModel):
    """A text, and what is to be shown of it."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"text": "It was a dark and stormy night.", "detail": "summary"}]},
    )

    text: Text = Field(description="A text that is not blank.")
    label: str | None = Field(None, description=_LABEL)
    detail: Detail | None = Field(None, description=_DETAIL)


QUERY: list[dict[str, Any]] = [
    {
        "name": name,
        "in": "query",
        "required": False,
        "description": f"{description} The same as in the body.",
        "schema": schema,
    }
    for name, description, schema in (
        ("label", _LABEL, {"type": "string"}),
        ("detail", _DETAIL, {"type": "string", "enum": list(_DETAILS), "default": "full"}),
    )
]
"""The parameters of the query, for OpenAPI."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asks for."""

    text: str
    label: str | None
    """None: the predicted one."""
    full: bool


def parse(body: bytes, query: QueryParams, settings: Settings) -> Wanted:
    """What `body` and `query` ask for.

    Raises `NotJsonError`, or `InvalidRequestError` where the request is of another form or beyond a limit, or where
    body and query say different things.
    """
    request = parse_json(body, ExplainRequest, _MESSAGES)
    fault = text_fault(request.text, settings.max_text_characters)
    if fault is not None:
        raise _invalid("text", f"text {fault}")
    label = _one("label", [request.label, *query.getlist("label")])
    detail = _one("detail", [request.detail, *query.getlist("detail")])
    if detail not in (None, *_DETAILS):
        raise _invalid("detail", f"detail is {_shown(detail)}; it has to be {' or '.join(_DETAILS)}")
    return Wanted(request.text, label, full=detail != "summary")


def _one(field: str, values: Sequence[str | None]) -> str | None:
    """What the values that are there have in common."""
    given = list(dict.fromkeys(value for value in values if value is not None))
    if len(given) > 1:
        both = " and ".join(map(_shown, given[:2]))
        raise _invalid(field, f"{field} is given as {both}; give it once, in the body or in the query")
    return given[0] if given else None


def _shown(value: str | None) -> str:
    return ascii(value[:_MOST_SHOWN]) if value else "empty"


def _invalid(field: str, message: str) -> InvalidRequestError:
    return InvalidRequestError([FieldProblem(field, message)])
