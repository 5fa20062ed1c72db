"""The bodies of TensorFlow Serving's REST API, for OpenAPI. Requests are parsed, and answers built, without them."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

_TEXT: dict[str, Any] = {"type": "string", "pattern": r"\S"}
_BASE64: dict[str, Any] = {
    "type": "object",
    "properties": {"b64": {"type": "string", "format": "byte", "description": "A text in UTF-8, in base64."}},
    "required": ["b64"],
    "additionalProperties": False,
}
_PLAIN = {"anyOf": [_TEXT, _BASE64]}
_VALUE = {"anyOf": [_TEXT, _BASE64, {"type": "array", "items": _PLAIN, "minItems": 1, "maxItems": 1}]}
_COLUMN = {"anyOf": [_TEXT, _BASE64, {"type": "array", "items": _VALUE, "minItems": 1}]}
_SIGNATURE = {"type": "string", "enum": ["", "serving_default"]}


def _named(value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"text": value}, "required": ["text"], "additionalProperties": False}


def _examples(description: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": value, "minItems": 1, "description": description}


PREDICT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "signature_name": _SIGNATURE,
        "instances": _examples("Texts, or objects that name the input.", {"anyOf": [*_VALUE["anyOf"], _named(_VALUE)]}),
        "inputs": {"anyOf": [*_COLUMN["anyOf"], _named(_COLUMN)], "description": "Texts in column format."},
    },
    "oneOf": [{"required": ["instances"]}, {"required": ["inputs"]}],
    "examples": [{"instances": ["It was a dark and stormy night."]}],
}
"""The schema of a `:predict`."""

CLASSIFY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "signature_name": _SIGNATURE,
        "context": {"type": "object", "description": "Features that the examples share."},
        "examples": {"type": "array", "minItems": 1},
    },
    "required": ["examples"],
    "oneOf": [
        {
            "properties": {
                "context": {"type": "object", "properties": {"text": False}},
                "examples": _examples(
                    "Objects with the feature text.",
                    {
                        "type": "object",
                        "properties": {"text": _VALUE},
                        "required": ["text"],
                    },
                ),
            }
        },
        {
            "properties": {
                "context": {"type": "object", "properties": {"text": _VALUE}, "required": ["text"]},
                "examples": _examples("Objects without it.", {"type": "object", "properties": {"text": False}}),
            },
            "required": ["context"],
        },
    ],
    "examples": [{"examples": [{"text": "It was a dark and stormy night."}]}],
}
"""The schema of a `:classify`."""


class TfPredictions(BaseModel):
    """The answer to `instances`: for each text the probabilities, in the order of the model's labels."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"predictions": [[0.05, 0.91, 0.04]]}]})

    predictions: list[list[float]]


class TfOutputs(BaseModel):
    """The answer to `inputs`: the same."""

    outputs: list[list[float]]


class TfResults(BaseModel):
    """For each example a pair of label and probability for each label."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"results": [[["EAP", 0.05], ["HPL", 0.91], ["MWS", 0.04]]]}]}
    )

    results: list[list[list[str | float]]]


class TfStatus(BaseModel):
    """What is wrong with a version; nothing is."""

    error_code: Literal["OK"]
    error_message: str


class TfVersionStatus(BaseModel):
    """A version that serves."""

    version: str
    state: Literal["AVAILABLE"]
    status: TfStatus


class TfModelStatus(BaseModel):
    """The version that serves."""

    model_version_status: list[TfVersionStatus]


class TfModel(TfModelStatus):
    """The same, and what KServe V1 reads."""

    name: str
    ready: bool


class TfModels(BaseModel):
    """The models that serve."""

    models: list[str]


class TfModelSpec(BaseModel):
    """Which model it is."""

    name: str
    signature_name: str
    version: str


class TfDimension(BaseModel):
    """The size of a dimension; -1 stands for any."""

    size: str
    name: str


class TfShape(BaseModel):
    """Of a tensor."""

    dim: list[TfDimension]
    unknown_rank: bool


class TfTensor(BaseModel):
    """An input or an output."""

    dtype: Literal["DT_STRING", "DT_FLOAT"]
    tensor_shape: TfShape
    name: str


class TfSignature(BaseModel):
    """What goes in, and what comes out."""

    inputs: dict[str, TfTensor]
    outputs: dict[str, TfTensor]
    method_name: str


class TfSignatures(BaseModel):
    """By their names."""

    signature_def: dict[str, TfSignature]


class TfMetadataFields(BaseModel):
    """The one field that there is."""

    signature_def: TfSignatures


class TfMetadata(BaseModel):
    """The signature that requests go to."""

    model_config = ConfigDict(protected_namespaces=())

    model_spec: TfModelSpec
    metadata: TfMetadataFields
