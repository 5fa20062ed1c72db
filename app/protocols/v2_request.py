"""The body of an inference request of the Open Inference Protocol, JSON alone or with binary tensors, to texts.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md. Fields and
parameters that are not known are passed over, as the protocol has it, but for those that ask for another answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, WithJsonSchema

from app.errors import NotJsonError
from app.predict_request import Texts, check, check_count
from app.protocols import v2_binary
from app.protocols.errors import MalformedRequestError
from app.settings import Settings

INPUT = "text"
OUTPUTS = ("probabilities", "label")
_BINARY_SIZE = "binary_data_size"
_OTHER_WAYS: Mapping[str, str] = {
    "shared_memory_region": "shared memory is not offered; send the data with it",
    "classification": "that extension is not offered; ask for the output label instead",
}
_LONGEST_SHOWN = 60

# Told to OpenAPI; what it cannot say, such as that shape and data go together, `parse` checks besides.
_TEXT = {"type": "string", "pattern": r"\S"}
_TEXTS = {"type": "array", "items": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 1}]}}

Parameters = Annotated[dict[str, JsonValue] | None, Field(description="Parameters that are not known are passed over.")]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)


class InferInput(_Part):
    """The one input: texts."""

    name: Annotated[str, WithJsonSchema({"const": INPUT})]
    shape: list[Annotated[int, Field(ge=0, lt=1 << 63, json_schema_extra={"minimum": 1})]] = Field(
        description="`[n]` or `[n, 1]` for n texts.", json_schema_extra={"minItems": 1, "maxItems": 2}
    )
    datatype: Annotated[str, WithJsonSchema({"const": "BYTES"})]
    parameters: Parameters = None
    data: Annotated[list[Any], WithJsonSchema(_TEXTS)] | None = Field(
        None,
        description="The texts, flat or nested as `shape` says; absent where they follow the JSON as binary data.",
    )


class RequestedOutput(_Part):
    """An output that is asked for."""

    name: Annotated[str, WithJsonSchema({"enum": list(OUTPUTS)})]
    parameters: Parameters = None


class InferRequest(_Part):
    """What to classify, and which outputs to answer; without `outputs`, all."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["It was a dark night."]}]}
            ]
        }
    )

    id: str | None = Field(None, description="The answer has the same.")
    parameters: Parameters = None
    inputs: list[InferInput] = Field(json_schema_extra={"minItems": 1, "maxItems": 1})
    outputs: list[RequestedOutput] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for."""

    id: str | None
    texts: list[str]
    outputs: Mapping[str, bool]
    """Those to answer, in order, and of each whether as binary data."""


def parse(body: bytes, header: str | None, settings: Settings) -> Asked:
    """The request in `body`, of which `header` says how much is JSON.

    Raises `NotJsonError`, `MalformedRequestError` where it is of another form than the protocol's, and
    `InvalidRequestError` where its texts are blank or beyond a limit.
    """
    json, tail = v2_binary.split(body, header)
    request = _parse_json(json)
    if len(request.inputs) != 1:
        raise MalformedRequestError(f"inputs has {len(request.inputs)} inputs; the model has one, {INPUT}.")
    texts = _texts(request.inputs[0], tail, settings)
    check(Texts(texts, several=True, field=INPUT), settings)
    return Asked(request.id, texts, _outputs(request))


def _parse_json(data: bytes) -> InferRequest:
    try:
        return InferRequest.model_validate_json(data)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if problem["type"] == "json_invalid":
        raise NotJsonError(f"The request is not JSON in UTF-8: {problem['msg'].removeprefix('Invalid JSON: ')}.")
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"]).lstrip(".")
    message = problem["msg"][0].lower() + problem["msg"][1:]
    raise MalformedRequestError(f"{field or 'the request'}: {message}.")


def _texts(given: InferInput, tail: bytes, settings: Settings) -> list[str]:
    if given.name != INPUT:
        raise MalformedRequestError(f"There is no input {_short(given.name)}; the model has one, {INPUT}.")
    if given.datatype != "BYTES":
        raise MalformedRequestError(f"{INPUT} is of datatype BYTES, not {_short(given.datatype)}.")
    count = _count(given.shape)
    check_count(count, settings, INPUT)
    parameters = given.parameters or {}
    _refuse_other_ways(parameters, INPUT)
    if parameters.get("content_type") == "base64":
        raise MalformedRequestError(f"{INPUT} has the content_type base64; send the texts as they are.")
    if _BINARY_SIZE in parameters:
        if given.data is not None:
            raise MalformedRequestError(f"{INPUT} has both data and {_BINARY_SIZE}; send one of them.")
        _check_size(parameters[_BINARY_SIZE], len(tail))
        return v2_binary.texts(tail, count, INPUT)
    if tail:
        raise MalformedRequestError(f"{len(tail):,} bytes follow the JSON, and {INPUT} has no {_BINARY_SIZE}.")
    if given.data is None:
        raise MalformedRequestError(f"{INPUT} has no data, and no parameter {_BINARY_SIZE} for binary data.")
    return _from_json(given.data, given.shape, count)


def _count(shape: list[int]) -> int:
    """How many texts a tensor of `shape` has."""
    if not shape or shape[1:] not in ([], [1]):
        raise MalformedRequestError(f"{INPUT} has the shape {_short(shape)}; for n texts it is [n] or [n, 1].")
    return shape[0]


def _check_size(size: JsonValue, behind: int) -> None:
    if type(size) is not int or size < 0:
        raise MalformedRequestError(f"{_BINARY_SIZE} of {INPUT} has to be a number of bytes.")
    if size != behind:
        raise MalformedRequestError(f"{_BINARY_SIZE} of {INPUT} is {_short(size)}; {behind:,} bytes follow the JSON.")


def _from_json(data: list[Any], shape: list[int], count: int) -> list[str]:
    """The texts of `data`, which is flat or nested as `shape` is."""
    if len(shape) > 1 and data and all(type(row) is list and len(row) == 1 for row in data):
        data = [row[0] for row in data]  # (n, 1) to (n,)
    for index, text in enumerate(data):
        if type(text) is not str:
            raise MalformedRequestError(f"{INPUT}[{index}] has to be a string, by the shape {_short(shape)}.")
    if len(data) != count:
        raise MalformedRequestError(f"{INPUT} has {len(data):,} elements, and its shape says {count:,}.")
    return data


def _outputs(request: InferRequest) -> dict[str, bool]:
    binary = _flag(request.parameters, "binary_data_output", default=False)
    if not request.outputs:
        return dict.fromkeys(OUTPUTS, binary)
    outputs = {}
    for output in request.outputs:
        if output.name not in OUTPUTS:
            raise MalformedRequestError(f"There is no output {_short(output.name)}; there are {' and '.join(OUTPUTS)}.")
        _refuse_other_ways(output.parameters or {}, output.name)
        outputs[output.name] = _flag(output.parameters, "binary_data", default=binary)
    return outputs


def _flag(parameters: dict[str, JsonValue] | None, name: str, *, default: bool) -> bool:
    value = (parameters or {}).get(name, default)
    if not isinstance(value, bool):
        raise MalformedRequestError(f"The parameter {name} has to be true or false.")
    return value


def _refuse_other_ways(parameters: dict[str, JsonValue], name: str) -> None:
    for parameter, refusal in _OTHER_WAYS.items():
        if parameter in parameters:
            raise MalformedRequestError(f"{name} has the parameter {parameter}: {refusal}.")


def _short(value: object) -> str:
    shown = repr(value) if not isinstance(value, int) or value.bit_length() < _LONGEST_SHOWN else "a huge number"
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"
