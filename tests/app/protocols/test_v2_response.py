import json
import struct

import numpy as np

from app.classifier import Classification
from app.protocols.v2_request import Asked
from app.protocols.v2_response import respond
from tests.app.fakes import fake_serving

ROWS = np.array([[0.25, 0.75], [0.1, 0.9], [0.5, 0.5]], dtype=np.float32)


def answer(outputs, name=None):
    return respond(Classification(fake_serving(), ROWS, [], ROWS.argmax(axis=1).tolist()), Asked(name, [], outputs))


def test_outputs_in_json_are_flat_rows():
    response = answer({"probabilities": False, "label": False}, "7")
    assert response.headers["content-type"] == "application/json"
    assert "inference-header-content-length" not in response.headers
    assert json.loads(response.body) == {
        "model_name": "fake",
        "model_version": "7",
        "id": "7",
        "outputs": [
            {"name": "probabilities", "datatype": "FP32", "shape": [3, 2], "data": ROWS.ravel().tolist()},
            {"name": "label", "datatype": "BYTES", "shape": [3], "data": ["many", "many", "few"]},
        ],
    }


def test_outputs_in_binary_follow_the_json_in_their_order():
    response = answer({"label": True, "probabilities": True})
    assert response.headers["content-type"] == "application/octet-stream"
    length = int(response.headers["inference-header-content-length"])
    head, tail = json.loads(response.body[:length]), response.body[length:]
    assert head == {
        "model_name": "fake",
        "model_version": "7",
        "outputs": [
            {"name": "label", "datatype": "BYTES", "shape": [3], "parameters": {"binary_data_size": 23}},
            {"name": "probabilities", "datatype": "FP32", "shape": [3, 2], "parameters": {"binary_data_size": 24}},
        ],
    }
    assert tail == b"\x04\0\0\0many\x04\0\0\0many\x03\0\0\0few" + struct.pack("<6f", *ROWS.ravel())


def test_binary_and_json_go_together():
    response = answer({"label": False, "probabilities": True})
    length = int(response.headers["inference-header-content-length"])
    label, probabilities = json.loads(response.body[:length])["outputs"]
    assert label["data"] == ["many", "many", "few"]
    assert probabilities["parameters"] == {"binary_data_size": len(response.body) - length}


def test_what_was_not_asked_for_is_not_there():
    assert [output["name"] for output in json.loads(answer({"label": False}).body)["outputs"]] == ["label"]
