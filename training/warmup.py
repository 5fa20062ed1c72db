"""Warm-up requests of a bundle for TensorFlow Serving, which runs them before a version serves.

`assets.extra/tf_serving_warmup_requests` is a TFRecord of PredictionLog messages
(https://www.tensorflow.org/tfx/serving/saved_model_warmup). Their definitions come with TensorFlow Serving alone, so
the few fields that are needed are written here as protobuf has them on the wire. Tercet warms by `app.loading`.
"""

from pathlib import Path

import numpy as np
import tensorflow as tf

from model.bundle import EXTRA
from model.savedmodel import SERVING

REQUESTS = f"{EXTRA}/tf_serving_warmup_requests"
_BATCHES = (1, 32)
"""A request alone, and one of those that come together: TensorFlow prepares some kernels by their size."""

# Numbers of fields in tensorflow_serving/apis: prediction_log, predict and model .proto.
_PREDICTION_LOG_PREDICT, _PREDICT_LOG_REQUEST = 6, 1
_REQUEST_MODEL, _REQUEST_INPUTS = 1, 2
_MODEL_NAME, _MODEL_SIGNATURE = 1, 3
_MAP_KEY, _MAP_VALUE = 1, 2


def write(folder: Path, name: str, length: int) -> None:
    """Write the requests into the bundle of model `name` in `folder`, whose network reads `length` ids."""
    target = folder / REQUESTS
    target.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(target)) as writer:
        for rows in _BATCHES:
            ids = tf.make_tensor_proto(np.zeros((rows, length), np.int32))
            writer.write(_prediction_log(name, ids.SerializeToString()))


def _prediction_log(name: str, ids: bytes) -> bytes:
    model = _field(_MODEL_NAME, name.encode()) + _field(_MODEL_SIGNATURE, SERVING.encode())
    entry = _field(_MAP_KEY, b"ids") + _field(_MAP_VALUE, ids)
    request = _field(_REQUEST_MODEL, model) + _field(_REQUEST_INPUTS, entry)
    return _field(_PREDICTION_LOG_PREDICT, _field(_PREDICT_LOG_REQUEST, request))


def _field(number: int, content: bytes) -> bytes:
    """A field of bytes, a string or a message: its tag (wire type 2), its length, itself."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Base 128, the low groups first, https://protobuf.dev/programming-guides/encoding/#varints."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
