"""JSON in UTF-8 to an object of a known form, or an error that says where it is not as it has to be."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.errors import FieldProblem, InvalidRequestError, NotJsonError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MOST_NAMED = 20
"""Problems that one answer names."""
_LONGEST_NAME = 60

Form = TypeVar("Form", bound=BaseModel)


def parse_json(data: bytes, form: type[Form], messages: Mapping[str, str], whole: str = "body") -> Form:
    """What `data` says. `messages` by pydantic's types of errors say FIELD for the field; `whole` is what data is.

    Raises `NotJsonError`, or `InvalidRequestError` where it is of another form.
    """
    try:
        return form.model_validate_json(data.removeprefix(_BYTE_ORDER_MARK))
    except ValidationError as error:
        raise _refusal(error, messages, whole) from None


def _refusal(error: ValidationError, messages: Mapping[str, str], whole: str) -> NotJsonError | InvalidRequestError:
    problems = error.errors(include_url=False, include_context=False, include_input=False)[:_MOST_NAMED]
    if problems[0]["type"] == "json_invalid":
        what = problems[0]["msg"].removeprefix("Invalid JSON: ")
        return NotJsonError(f"The {whole} is not JSON in UTF-8: {what}.")
    return InvalidRequestError([_field_problem(problem, messages, whole) for problem in problems])


def _field_problem(problem: Any, messages: Mapping[str, str], whole: str) -> FieldProblem:
    name, *indices = problem["loc"] or (whole,)
    field = str(name)[:_LONGEST_NAME] + "".join(f"[{index}]" for index in indices)
    message = messages.get(problem["type"], f"{field}: {problem['msg']}")
    return FieldProblem(field, message.replace("FIELD", field, 1))
