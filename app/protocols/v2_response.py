"""The answer to an inference request of the Open Inference Protocol: JSON, and behind it what is wanted in binary."""

from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

from app.classifier import Classification
from app.protocols import v2_binary
from app.protocols.v2_request import Asked


def respond(classification: Classification, asked: Asked) -> Response:
    """The response with the outputs that `asked` names."""
    tensors = {"probabilities": _probabilities, "label": _label}
    outputs, tail = [], []
    for name, binary in asked.outputs.items():
        output, data = tensors[name](classification, binary)
        outputs.append(output)
        tail.append(data)
    serving = classification.serving
    content: dict[str, Any] = {"model_name": serving.name, "model_version": str(serving.version)}
    if asked.id is not None:
        content["id"] = asked.id
    json = to_json(content | {"outputs": outputs})
    if not any(asked.outputs.values()):
        return Response(json, media_type="application/json")
    headers = {v2_binary.HEADER: str(len(json))}
    return Response(b"".join([json, *tail]), media_type="application/octet-stream", headers=headers)


def _probabilities(classification: Classification, binary: bool) -> tuple[dict[str, Any], bytes]:
    values = classification.probabilities  # (texts, classes)
    head = {"name": "probabilities", "datatype": "FP32", "shape": list(values.shape)}
    if binary:
        return _binary(head, v2_binary.of_floats(values))
    return head | {"data": values.ravel().tolist()}, b""


def _label(classification: Classification, binary: bool) -> tuple[dict[str, Any], bytes]:
    labels = classification.serving.bundle.manifest.labels
    best = [labels[index] for index in classification.best]
    head = {"name": "label", "datatype": "BYTES", "shape": [len(best)]}
    if binary:
        return _binary(head, v2_binary.of_texts(best))
    return head | {"data": best}, b""


def _binary(head: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    return head | {"parameters": {"binary_data_size": len(data)}}, data
