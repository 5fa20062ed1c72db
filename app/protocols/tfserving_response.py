"""The answers of TensorFlow Serving's REST API, as plain dictionaries.

https://www.tensorflow.org/tfx/serving/api_rest. The model has one output, `probabilities`, so its name is left out;
docs/decisions says why that is the only one.
"""

from typing import Any

from app.classifier import Classification
from app.model_host import Serving
from app.protocols.tfserving_request import INPUT, SIGNATURE

OUTPUT = "probabilities"


def predictions(classification: Classification, *, columns: bool) -> dict[str, Any]:
    """The probabilities of each text in the order of the labels, as the request was: in column format, or in rows."""
    return {"outputs" if columns else "predictions": classification.probabilities.tolist()}


def results(classification: Classification) -> dict[str, Any]:
    """Pairs of label and probability for each text, in the order of the labels."""
    labels = classification.serving.bundle.manifest.labels
    rows = classification.probabilities.tolist()
    return {"results": [[[label, share] for label, share in zip(labels, row, strict=True)] for row in rows]}


def status(serving: Serving) -> dict[str, Any]:
    """The state of the version that serves."""
    fine = {"error_code": "OK", "error_message": ""}
    return {"model_version_status": [{"version": str(serving.version), "state": "AVAILABLE", "status": fine}]}


def metadata(serving: Serving) -> dict[str, Any]:
    """The signature that requests go to: texts in, probabilities out. The graph behind it takes ids of words."""
    signature = {
        "inputs": {INPUT: _tensor("DT_STRING", [-1], f"{SIGNATURE}_{INPUT}:0")},
        "outputs": {OUTPUT: _tensor("DT_FLOAT", [-1, len(serving.bundle.manifest.labels)], f"{OUTPUT}:0")},
        "method_name": "tensorflow/serving/predict",
    }
    return {
        "model_spec": {"name": serving.name, "signature_name": "", "version": str(serving.version)},
        "metadata": {"signature_def": {"signature_def": {SIGNATURE: signature}}},
    }


def _tensor(dtype: str, shape: list[int], name: str) -> dict[str, Any]:
    sizes = [{"size": str(size), "name": ""} for size in shape]  # int64 is a string in protobuf's JSON
    return {"dtype": dtype, "tensor_shape": {"dim": sizes, "unknown_rank": False}, "name": name}
