"""The body of `POST /feedback` and its answer."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from app.errors import FieldProblem, InvalidRequestError
from app.json_body import parse_json
from app.predict_request import text_fault
from app.settings import Settings

_MESSAGES = {
    "model_type": 'the body has to be an object such as {"text": "…", "label": "…"}',
    "string_type": "FIELD has to be a string",
    "missing": "FIELD is missing",
    "extra_forbidden": "FIELD is not a field of this request; it has text and label",
}


class FeedbackRequest(BaseModel):
    """A text and the label that it should have had."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"text": "It was a dark and stormy night.", "label": "MWS"}]},
    )

    text: Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^[^\x00]*[^\x00\s][^\x00]*$"})] = Field(
        description="A text that is not blank, without NUL characters."
    )
    label: str = Field(description="One of the labels of the model that serves (`GET /model`).")


class FeedbackAnswer(BaseModel):
    """It is kept."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    times: int
    """How often this text came under this label."""
    duplicate: bool
    """Whether it came before; it is counted then, and kept once."""


def parse(body: bytes, settings: Settings) -> FeedbackRequest:
    """What `body` says.

    Raises `NotJsonError`, or `InvalidRequestError` where it is of another form or the text cannot be kept.
    """
    request = parse_json(body, FeedbackRequest, _MESSAGES)
    fault = text_fault(request.text, settings.max_text_characters)
    if fault is None and "\0" in request.text:
        fault = "has a NUL character, which training would refuse"
    if fault is not None:
        raise InvalidRequestError([FieldProblem("text", f"text {fault}")])
    return request
