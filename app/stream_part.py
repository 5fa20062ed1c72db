"""A part of a stream: lines become texts and errors, and then their answers, a line for each."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import from_json
from starlette.responses import Response

from app.errors import BodyTooLargeError, NotReadyError
from app.line_queue import Part
from app.ndjson import Line
from app.predict_request import parse_line
from app.prediction_lines import prediction_lines
from app.problems import mistake, refusal
from app.service import Service
from app.settings import Settings
from model.errors import TercetError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Contents:
    """What the lines of a part ask for. Blank lines are in neither."""

    texts: Sequence[str]
    numbers: Sequence[int]
    """The line of each text."""
    errors: dict[int, bytes]
    """The answers to lines that cannot be used, by their numbers."""


async def answer(part: Part, service: Service, request: str) -> bytes:
    """A line for each line of `part` that is not blank. Whatever goes wrong is told in place of what it hit.

    `request` is the id under which a defect is found in the log.
    """
    contents = _read(part, service.settings)
    if not contents.texts:
        return b"".join(contents.errors.values())
    try:
        answers = prediction_lines(await service.classifier.classify(contents.texts, wait_for_room=True))
    except NotReadyError as error:
        failure = refusal(error)
    except Exception:  # a defect, or a failure of the network: the caller still gets answers, the log the traceback
        logger.exception("Lines from %d of a stream failed (request %s)", part.first, request)
        failure = mistake(request)
    else:
        return _merged(contents, answers)
    return _merged(contents, b"".join(error_line(failure, number) for number in contents.numbers))


def error_line(problem: Response, number: int) -> bytes:
    """The answer to line `number` where it is an error: what `POST /predict` would say, and the line."""
    return b'{"error":%b,"line":%d}}\n' % (bytes(problem.body)[:-1], number)


def _merged(contents: _Contents, answers: bytes) -> bytes:
    """The answers to the texts and the errors, in the order of the lines."""
    if not contents.errors:
        return answers
    by_number = dict(zip(contents.numbers, answers.splitlines(keepends=True), strict=True)) | contents.errors
    return b"".join(by_number[number] for number in sorted(by_number))


def _read(part: Part, settings: Settings) -> _Contents:
    texts = _texts_of_good_lines(part.lines, settings)
    if texts is not None:
        return _Contents(texts, range(part.first, part.first + len(texts)), {})
    texts, numbers, errors = [], [], {}
    for number, line in enumerate(part.lines, part.first):
        if line is not None and (not line or line.isspace()):
            continue
        try:
            texts.append(_text(line, settings))
            numbers.append(number)
        except TercetError as error:
            errors[number] = error_line(refusal(error), number)
    return _Contents(texts, numbers, errors)


def _texts_of_good_lines(lines: Sequence[Line], settings: Settings) -> list[str] | None:
    """What `_text` gives for each of `lines`, at a quarter of its cost, or None where it might refuse one."""
    try:
        objects = list(map(from_json, lines))  # type: ignore[arg-type] # None is a TypeError
        texts = [each["text"] for each in objects]
    except (ValueError, TypeError, KeyError):
        return None
    sane = (
        all(len(each) == 1 for each in objects)
        and all(type(text) is str and text and not text.isspace() for text in texts)
        and len(max(texts, key=len)) <= settings.max_text_characters
    )
    return texts if sane else None


def _text(line: Line, settings: Settings) -> str:
    if line is None:
        limit = f"{settings.max_body_bytes:,} bytes (TERCET_MAX_BODY_BYTES)"
        raise BodyTooLargeError(f"The line is longer than the limit of {limit}.")
    return parse_line(line, settings)
