"""Asks a service by tritonclient, in each way that it has: `python triton.py HOST:PORT MODEL VERSION TEXT...`.

Prints JSON; an exception of the client is `{"error", "status"}`.
"""

import json
import sys

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException


def texts_input(texts, shape, *, binary, name="text", datatype="BYTES"):
    values = np.array(texts, dtype=np.object_).reshape(shape)
    tensor = triton.InferInput(name, list(values.shape), datatype)
    return tensor.set_data_from_numpy(values, binary_data=binary)


def plain(result):
    """What a caller sees of a result."""
    response = result.get_response()
    content = {name: result.as_numpy(name) for name in ("probabilities", "label")}
    outputs = {
        name: {
            "dtype": str(values.dtype),
            "values": [v.decode() if isinstance(v, bytes) else v for v in values.ravel().tolist()],
            "shape": list(values.shape),
        }
        for name, values in content.items()
        if values is not None
    }
    binary = [o["name"] for o in response["outputs"] if "binary_data_size" in o.get("parameters", {})]
    return {"id": response.get("id"), "model": response["model_name"], "version": response["model_version"]} | {
        "outputs": outputs,
        "binary": binary,
    }


def outcome(call):
    try:
        return call()
    except InferenceServerException as error:
        return {"error": error.message(), "status": error.status()}


def main(address, model, version, *texts):
    client = triton.InferenceServerClient(address)

    def infer(tensors=None, *, name=model, **options):
        given = tensors or [texts_input(texts, [-1], binary=True)]
        return outcome(lambda: plain(client.infer(name, given, **options)))

    def wanted(name, **how):
        return triton.InferRequestedOutput(name, **how)

    asked = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model_ready": client.is_model_ready(model),
        "version_ready": client.is_model_ready(model, version),
        "other_model_ready": client.is_model_ready("nobody"),
        "other_version_ready": client.is_model_ready(model, "99"),
        "server": client.get_server_metadata(),
        "metadata": client.get_model_metadata(model),
        "version_metadata": client.get_model_metadata(model, version),
        "other_metadata": outcome(lambda: client.get_model_metadata(model, "99")),
        "index": client.get_model_repository_index(),
        "default": infer(request_id="request 7"),
        "version": infer(model_version=version),
        "column": infer([texts_input(texts, [-1, 1], binary=True)]),
        "json": infer([texts_input(texts, [-1], binary=False)]),
        "json_column": infer([texts_input(texts, [-1, 1], binary=False)]),
        "json_both_ways": infer(
            [texts_input(texts, [-1], binary=False)],
            outputs=[wanted("probabilities", binary_data=False), wanted("label", binary_data=False)],
        ),
        "label_alone": infer(outputs=[wanted("label")]),
        "mixed": infer(outputs=[wanted("label", binary_data=False), wanted("probabilities")]),
        "options": infer(sequence_id=3, sequence_start=True, priority=1, timeout=1_000_000, parameters={"mine": "x"}),
        "gzip": infer(request_compression_algorithm="gzip", response_compression_algorithm="gzip"),
        "deflate": infer(request_compression_algorithm="deflate", response_compression_algorithm="deflate"),
        "asynchronous": outcome(
            lambda: plain(client.async_infer(model, [texts_input(texts, [-1], binary=True)]).get_result())
        ),
        "unknown_output": infer(outputs=[wanted("logits")]),
        "classification": infer(outputs=[wanted("probabilities", class_count=2)]),
        "unknown_model": infer(name="nobody"),
        "unknown_version": infer(model_version="99"),
        "unknown_input": infer([texts_input(texts, [-1], binary=True, name="sentence")]),
        "two_inputs": infer([texts_input(texts, [-1], binary=True), texts_input(texts, [-1], binary=True)]),
        "numbers": infer([triton.InferInput("text", [2], "FP32").set_data_from_numpy(np.ones(2, np.float32))]),
        "blank": infer([texts_input(["calm", " "], [-1], binary=True)]),
        "not_utf8": infer([texts_input([b"calm", b"\xff"], [-1], binary=True)]),
    }
    json.dump(asked, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
