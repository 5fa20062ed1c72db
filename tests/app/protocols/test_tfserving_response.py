"""Answers in TensorFlow Serving's form; metadata is the JSON of the message that TensorFlow has for it."""

import numpy as np
from google.protobuf import json_format

from app.classifier import Classification
from app.protocols import tfserving_response as answers
from tests.app.fakes import fake_serving

CLASSIFICATION = Classification(fake_serving(), np.array([[0.25, 0.75], [0.5, 0.5]], np.float32), [], [1, 0])


def test_the_one_output_goes_without_its_name_in_rows_and_in_columns():
    rows = [[0.25, 0.75], [0.5, 0.5]]
    assert answers.predictions(CLASSIFICATION, columns=False) == {"predictions": rows}
    assert answers.predictions(CLASSIFICATION, columns=True) == {"outputs": rows}


def test_a_classification_pairs_each_label_with_its_probability_in_the_order_of_the_labels():
    assert answers.results(CLASSIFICATION) == {
        "results": [[["few", 0.25], ["many", 0.75]], [["few", 0.5], ["many", 0.5]]]
    }


def test_the_status_is_that_of_the_version_that_serves():
    assert answers.status(fake_serving()) == {
        "model_version_status": [
            {"version": "7", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        ]
    }


def test_metadata_is_a_signature_as_tensorflow_writes_one():
    from tensorflow.core.framework import types_pb2
    from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef

    metadata = answers.metadata(fake_serving())
    assert metadata["model_spec"] == {"name": "fake", "signature_name": "", "version": "7"}
    (found,) = metadata["metadata"]["signature_def"]["signature_def"].items()
    signature = json_format.ParseDict(found[1], SignatureDef())
    assert (found[0], signature.method_name) == ("serving_default", "tensorflow/serving/predict")
    shown = {
        name: (tensor.dtype, [dimension.size for dimension in tensor.tensor_shape.dim])
        for name, tensor in [*signature.inputs.items(), *signature.outputs.items()]
    }
    assert shown == {"text": (types_pb2.DT_STRING, [-1]), "probabilities": (types_pb2.DT_FLOAT, [-1, 2])}
