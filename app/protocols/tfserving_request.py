"""The bodies of TensorFlow Serving's `:predict` and `:classify`, and of KServe V1's `:predict`, to texts.

https://www.tensorflow.org/tfx/serving/api_rest. Fields that are not known are passed over, as TensorFlow Serving has
it. Whatever is wrong with a body is a `MalformedRequestError`: there is no 422 among TensorFlow Serving's statuses.
"""

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.errors import InvalidRequestError
from app.json_body import parse_json
from app.predict_request import Texts, check, check_count
from app.protocols.errors import MalformedRequestError
from app.settings import Settings

INPUT = "text"
"""The one input, and the one feature of an example."""
SIGNATURE = "serving_default"
_MESSAGES = {
    "model_type": "the body has to be an object",
    "list_type": "FIELD has to be a list",
    "dict_type": "FIELD has to be an object",
    "string_type": "FIELD has to be a string",
    "missing": "FIELD is missing",
}
_LONGEST_SHOWN = 60


class _Body(BaseModel):
    model_config = ConfigDict(strict=True)

    signature_name: str = ""


class _PredictBody(_Body):
    instances: list[Any] = []
    inputs: Any = None


class _ClassifyBody(_Body):
    context: dict[str, Any] = {}
    examples: list[Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a `:predict` asks for."""

    texts: list[str]
    columns: bool
    """Whether the texts came in column format; the answer is then in it too."""


def parse_predict(body: bytes, settings: Settings) -> Asked:
    """The texts of `instances` or `inputs`.

    Raises `NotJsonError`, and `MalformedRequestError` where the request is of another form or beyond a limit.
    """
    with _malformed():
        request = parse_json(body, _PredictBody, _MESSAGES)
        _check_signature(request.signature_name)
        given = request.model_fields_set & {"instances", "inputs"}
        if len(given) != 1:
            fault = "instances and inputs are both given" if given else "neither instances nor inputs is given"
            raise MalformedRequestError(f"{fault}; send one of them.")
        if "inputs" in given:
            return Asked(_texts(_column(request.inputs), "inputs", settings), columns=True)
        return Asked(_texts(request.instances, "instances", settings), columns=False)


def parse_classify(body: bytes, settings: Settings) -> list[str]:
    """The text of each of `examples`, or of the `context` that they share. Raises as `parse_predict` does."""
    with _malformed():
        request = parse_json(body, _ClassifyBody, _MESSAGES)
        _check_signature(request.signature_name)
        examples = [_feature(example, request.context, n) for n, example in enumerate(request.examples)]
        return _texts(examples, "examples", settings)


@contextmanager
def _malformed() -> Iterator[None]:
    try:
        yield
    except InvalidRequestError as error:
        raise MalformedRequestError(f"{error}.") from None


def _check_signature(name: str) -> None:
    if name not in ("", SIGNATURE):
        raise MalformedRequestError(f"There is no signature {_short(name)}; the model has one, {SIGNATURE}.")


def _column(inputs: Any) -> list[Any]:
    """The values of the one input, which may go by its name or without; one value alone is a list of one."""
    if isinstance(inputs, dict) and not _is_base64(inputs):
        inputs = _named(inputs, "inputs")
    return inputs if isinstance(inputs, list) else [inputs]


def _texts(values: Sequence[Any], field: str, settings: Settings) -> list[str]:
    check_count(len(values), settings, field)
    texts = [value if type(value) is str else _text(value, field, n) for n, value in enumerate(values)]
    check(Texts(texts, several=True, field=field), settings)
    return texts


def _text(value: Any, field: str, index: int) -> str:
    """The text of a value: a string, the bytes of one in base64, a list of one of these, or an object that names it."""
    where = f"{field}[{index}]"
    if field == "instances" and isinstance(value, dict) and not _is_base64(value):
        value = _named(value, where)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        return value
    if _is_base64(value):
        return _decoded(value["b64"], where)
    raise MalformedRequestError(f'{where} has to be a text: a string or {{"b64": "…"}}.')


def _named(values: dict[str, Any], where: str) -> Any:
    if values.keys() != {INPUT}:
        names = ", ".join(_short(name) for name in list(values)[:3]) or "none"
        raise MalformedRequestError(f"{where} has to name the one input, {INPUT}; it names {names}.")
    return values[INPUT]


def _feature(example: Any, context: dict[str, Any], index: int) -> Any:
    """The value of an example; other features are passed over."""
    if not isinstance(example, dict):
        raise MalformedRequestError(f'examples[{index}] has to be an object such as {{"{INPUT}": "…"}}.')
    if INPUT in example and INPUT in context:
        raise MalformedRequestError(f"{INPUT} is in context and in examples[{index}]; send it in one of them.")
    if INPUT not in example and INPUT not in context:
        raise MalformedRequestError(f"examples[{index}] has no feature {INPUT}.")
    return example[INPUT] if INPUT in example else context[INPUT]


def _is_base64(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"b64"} and isinstance(value["b64"], str)


def _decoded(text: str, where: str) -> str:
    """The text whose UTF-8 is `text` in base64, with or without its padding and line breaks."""
    text = "".join(text.split())
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except UnicodeDecodeError as error:
        raise MalformedRequestError(f"b64 of {where} is not UTF-8: {error.reason} at byte {error.start:,}.") from None
    except ValueError:
        raise MalformedRequestError(f"b64 of {where} is not base64.") from None


def _short(name: str) -> str:
    return repr(name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}…")
