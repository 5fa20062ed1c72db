"""The bodies of answers of the Open Inference Protocol, for OpenAPI. They are built as plain dictionaries."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class V2Server(BaseModel):
    """What answers."""

    name: str
    version: str
    extensions: list[str]


class V2Health(BaseModel):
    """Whether the process works, and whether it takes requests."""

    live: bool
    ready: bool


class V2Illness(V2Health):
    """The same, and why it does not."""

    error: str


class V2TensorMetadata(BaseModel):
    """An input or an output; -1 stands for any number of texts."""

    name: str
    datatype: str
    shape: list[int]
    parameters: dict[str, JsonValue] | None = None
    """Of `probabilities`, `labels`: the classes, in the order of its columns."""


class V2ModelMetadata(BaseModel):
    """The model that serves."""

    model_config = ConfigDict(protected_namespaces=())

    name: str
    versions: list[str]
    platform: str
    inputs: list[V2TensorMetadata]
    outputs: list[V2TensorMetadata]


class V2ModelReady(BaseModel):
    """The model answers."""

    name: str
    ready: bool


class V2RepositoryModel(BaseModel):
    """A version in the registry."""

    name: str
    version: str
    state: Literal["READY", "UNAVAILABLE"]
    reason: str


class V2Output(BaseModel):
    """The values of an output; as binary data they follow the JSON, `parameters.binary_data_size` bytes of them."""

    name: str
    datatype: Literal["FP32", "BYTES"]
    shape: list[int]
    parameters: dict[str, int] | None = None
    data: list[float] | list[str] | None = Field(None, description="Row by row; absent where it is binary.")


class V2InferResponse(BaseModel):
    """The outputs that were asked for, in that order."""

    model_config = ConfigDict(
        protected_namespaces=(),
        json_schema_extra={
            "examples": [
                {
                    "model_name": "spooky-authors",
                    "model_version": "3",
                    "id": "42",
                    "outputs": [
                        {"name": "probabilities", "datatype": "FP32", "shape": [1, 3], "data": [0.05, 0.91, 0.04]},
                        {"name": "label", "datatype": "BYTES", "shape": [1], "data": ["HPL"]},
                    ],
                }
            ]
        },
    )

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[V2Output]
