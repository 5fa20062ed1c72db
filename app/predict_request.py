"""The body of `POST /predict`, and a line of a stream: JSON bytes become texts, or an error that says what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

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


class PredictRequest(BaseModel):
    """Exactly one of `text` and `texts`."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "oneOf": [{"required": ["text"]}, {"required": ["texts"]}],
            "examples": [{"text": "It was a dark and stormy night."}],
        },
    )

    text: str | None = Field(None, description="A text that is not blank.")
    texts: Annotated[list[str], Field(fail_fast=True)] | None = Field(
        None, description="One text or more, none of them blank."
    )


class StreamLine(BaseModel):
    """A line of a stream."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"text": "It was a dark and stormy night."}]}
    )

    text: str = Field(description="A text that is not blank.")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a request."""

    texts: list[str]
    several: bool
    """Whether they came as a list; the answer is then one too."""

    def name(self, index: int) -> str:
        """Where a text stands in the request."""
        return f"texts[{index}]" if self.several else "text"


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
    _check(texts, settings)
    return texts


def parse_line(line: bytes, settings: Settings) -> str:
    """The text of a line. Raises as `parse` does."""
    text = parse_json(line, StreamLine, _LINE_MESSAGES, "line").text
    _check(Texts([text], several=False), settings)
    return text


def _check(texts: Texts, settings: Settings) -> None:
    count = len(texts.texts)
    if not count:
        raise _invalid("texts", "texts is empty; send at least one")
    if count > settings.max_texts:
        limit = f"{settings.max_texts:,} (TERCET_MAX_TEXTS)"
        raise _invalid("texts", f"texts has {count:,} texts; the limit is {limit}")
    problems = list(islice(_problems(texts, settings.max_text_characters), _MOST_NAMED))
    if problems:
        raise InvalidRequestError(problems)


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
