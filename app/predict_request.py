"""The body of `POST /predict`, and a line of a stream: JSON bytes become texts, or an error that says what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from app.errors import FieldProblem, InvalidRequestError
from app.json_body import parse_json
from app.settings import Settings

_MOST_NAMED = 20
"""Problems that one answer names."""
_MESSAGES = {
    "model_type": 'the body has to be an object such as {"text": "…"}',
    "string_type": "FIELD has to be a string",
    "list_type": "FIELD has to be a list of strings",
    "extra_forbidden": "FIELD is not a field of this request; it has text or texts",
}
_LINE_MESSAGES = _MESSAGES | {
    "model_type": 'the line has to be an object such as {"text": "…"}',
    "missing": "FIELD is missing",
    "extra_forbidden": "FIELD is not a field of a line; it has text alone",
}

Text = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"\S"})]
"""Told to OpenAPI, checked by `text_fault`."""


class PredictRequest(BaseModel):
    """Exactly one of `text` and `texts`."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "oneOf": [
                {"required": ["text"], "properties": {"text": {"type": "string"}, "texts": {"type": "null"}}},
                {"required": ["texts"], "properties": {"text": {"type": "null"}, "texts": {"type": "array"}}},
            ],
            "examples": [{"text": "It was a dark and stormy night."}],
        },
    )

    text: Text | None = Field(None, description="A text that is not blank.")
    texts: Annotated[list[Text], Field(fail_fast=True, json_schema_extra={"minItems": 1})] | None = Field(
        None, description="One text or more, none of them blank."
    )


class StreamLine(BaseModel):
    """A line of a stream."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"text": "It was a dark and stormy night."}]}
    )

    text: Text = Field(description="A text that is not blank.")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a request."""

    texts: list[str]
    several: bool
    """Whether they came as a list; the answer is then one too."""
    field: str = "texts"
    """What the list is called."""

    def name(self, index: int) -> str:
        """Where a text stands in the request."""
        return f"{self.field}[{index}]" if self.several else "text"


def parse(body: bytes, settings: Settings) -> Texts:
    """The texts that `body` asks for.

    Raises `NotJsonError`, or `InvalidRequestError` where the request is of another form or beyond a limit.
    """
    request = parse_json(body, PredictRequest, _MESSAGES)
    if request.text is not None and request.texts is not None:
        raise _invalid("texts", "text and texts are both given; send one of them")
    if request.texts is not None:
        texts = Texts(request.texts, several=True)
    elif request.text is not None:
        texts = Texts([request.text], several=False)
    else:
        raise _invalid("text", "text is missing; send text, or texts for several")
    check(texts, settings)
    return texts


def parse_line(line: bytes, settings: Settings) -> str:
    """The text of a line. Raises as `parse` does."""
    text = parse_json(line, StreamLine, _LINE_MESSAGES, "line").text
    check(Texts([text], several=False), settings)
    return text


def check(texts: Texts, settings: Settings) -> None:
    """Raises `InvalidRequestError` where there are too few or too many, or one of them cannot be classified."""
    check_count(len(texts.texts), settings, texts.field)
    problems = list(islice(_problems(texts, settings.max_text_characters), _MOST_NAMED))
    if problems:
        raise InvalidRequestError(problems)


def check_count(count: int, settings: Settings, field: str = "texts") -> None:
    """Raises `InvalidRequestError` where a list `field` of so many texts has too few or too many."""
    if not count:
        raise _invalid(field, f"{field} is empty; send at least one")
    if count > settings.max_texts:
        limit = f"{settings.max_texts:,} (TERCET_MAX_TEXTS)"
        raise _invalid(field, f"{field} has {count:,} texts; the limit is {limit}")


def _problems(texts: Texts, limit: int) -> Iterator[FieldProblem]:
    for index, text in enumerate(texts.texts):
        fault = text_fault(text, limit)
        if fault is not None:
            name = texts.name(index)
            yield FieldProblem(name, f"{name} {fault}")


def text_fault(text: str, limit: int) -> str | None:
    """Why `text` cannot be classified, to be said of its name; None where it can."""
    if not text or text.isspace():
        return "is blank"
    if len(text) > limit:
        return f"has {len(text):,} characters; the limit is {limit:,} (TERCET_MAX_TEXT_CHARACTERS)"
    return None


def _invalid(field: str, message: str) -> InvalidRequestError:
    return InvalidRequestError([FieldProblem(field, message)])
