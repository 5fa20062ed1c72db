"""Warm-up requests are messages of TensorFlow Serving, described here to protobuf, and the graph answers them."""

import pytest
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from tests.bundles import TOY
from training import warmup

FIELD = descriptor_pb2.FieldDescriptorProto
TENSOR = ".tensorflow.TensorProto"
MESSAGES: dict[str, list[tuple[str, int, str | None]]] = {
    "ModelSpec": [("name", 1, None), ("signature_name", 3, None)],
    "PredictRequest": [("model_spec", 1, ".warmup.ModelSpec"), ("inputs", 2, ".warmup.PredictRequest.InputsEntry")],
    "PredictLog": [("request", 1, ".warmup.PredictRequest")],
    "PredictionLog": [("predict_log", 6, ".warmup.PredictLog")],
}
"""Of tensorflow_serving/apis: the fields' names, numbers and messages; None for strings."""


def add_field(message, name, number, kind, label=FIELD.LABEL_OPTIONAL):
    form = {"type": FIELD.TYPE_STRING} if kind is None else {"type": FIELD.TYPE_MESSAGE, "type_name": kind}
    message.field.add(name=name, number=number, label=label, **form)


@pytest.fixture(scope="module")
def prediction_log():
    """The class of PredictionLog."""
    from tensorflow.core.framework import tensor_pb2

    file = descriptor_pb2.FileDescriptorProto(name="warmup.proto", package="warmup", syntax="proto3")
    file.dependency.append(tensor_pb2.DESCRIPTOR.name)
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind in fields:
            several = FIELD.LABEL_REPEATED if field == "inputs" else FIELD.LABEL_OPTIONAL
            add_field(message, field, number, kind, several)
        if name == "PredictRequest":
            entry = message.nested_type.add(name="InputsEntry", options=descriptor_pb2.MessageOptions(map_entry=True))
            add_field(entry, "key", 1, None)
            add_field(entry, "value", 2, TENSOR)
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("warmup.PredictionLog"))


def test_the_graph_answers_the_requests(prediction_log, toy_models, tmp_path):
    warmup.write(tmp_path, "a" * 64, TOY.sequence_length)
    serve = tf.saved_model.load(str(toy_models / "toy" / "1")).signatures["serving_default"]
    shapes = []
    for record in tf.data.TFRecordDataset(str(tmp_path / "assets.extra" / "tf_serving_warmup_requests")):
        log = prediction_log.FromString(record.numpy())
        request = log.predict_log.request
        assert (request.model_spec.name, request.model_spec.signature_name) == ("a" * 64, "serving_default")
        inputs = {name: tf.constant(tf.make_ndarray(tensor)) for name, tensor in request.inputs.items()}
        shapes.append(tuple(serve(**inputs)["probabilities"].shape))
    assert shapes == [(1, 3), (32, 3)]


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 1 << 21, (1 << 35) - 1])
def test_lengths_are_written_as_protobuf_reads_them(value):
    from google.protobuf.wrappers_pb2 import UInt64Value

    assert UInt64Value.FromString(b"\x08" + warmup._varint(value)).value == value
