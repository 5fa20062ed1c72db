"""The reference network as ONNX, written out by hand: as Keras has it, and with embedding and convolution folded.

Runs in the environment `onnx`. Knows the default model's layers by name, and no other network.
"""

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Weights = Mapping[str, NDArray[np.float32]]

OPSET = 21
IR_VERSION = 10
POOL = 4
WIDTH = 5
LENGTH = 50
STEPS = (LENGTH - WIDTH + 1) // POOL


def plain(weights: Weights) -> bytes:
    """Gather, Conv, Relu, MaxPool, LSTM, Gemm, Softmax: ids int32 (batch, 50) to probabilities (batch, 3)."""
    constants = {
        "embeddings": weights["embedding/embeddings"],  # (20000, 100)
        "kernel": weights["convolution/kernel"].transpose(2, 1, 0),  # (5, 100, 64) to (64, 100, 5)
        "bias": weights["convolution/bias"],
    }
    nodes = [
        helper.make_node("Gather", ["embeddings", "ids"], ["embedded"]),  # (batch, 50, 100)
        helper.make_node("Transpose", ["embedded"], ["channels"], perm=[0, 2, 1]),  # (batch, 100, 50)
        helper.make_node("Conv", ["channels", "kernel", "bias"], ["convolved"]),  # (batch, 64, 46)
        helper.make_node("Relu", ["convolved"], ["rectified"]),
        helper.make_node("MaxPool", ["rectified"], ["pooled"], kernel_shape=[POOL], strides=[POOL]),  # (batch, 64, 11)
        helper.make_node("Transpose", ["pooled"], ["steps"], perm=[2, 0, 1]),  # (11, batch, 64)
    ]
    return _model(nodes, constants, weights)


def folded(weights: Weights) -> bytes:
    """The same function: row v of table k is E[v] @ K[k], so the convolution is five gathers and their sum."""
    embeddings, kernel = weights["embedding/embeddings"], weights["convolution/kernel"]
    tables = {f"table{k}": embeddings @ kernel[k] for k in range(WIDTH)}  # each (20000, 64)
    tables["table0"] = tables["table0"] + weights["convolution/bias"]
    constants: dict[str, NDArray[np.generic]] = {
        **tables,
        "axis": np.array([1]),
        "groups": np.array([0, STEPS, POOL, -1]),
        "within": np.array([2]),
    }
    nodes = []
    for k in range(WIDTH):
        constants |= {f"from{k}": np.array([k]), f"to{k}": np.array([k + STEPS * POOL])}
        nodes += [
            helper.make_node("Slice", ["ids", f"from{k}", f"to{k}", "axis"], [f"ids{k}"]),  # (batch, 44)
            helper.make_node("Gather", [f"table{k}", f"ids{k}"], [f"part{k}"]),  # (batch, 44, 64)
        ]
    nodes += [
        helper.make_node("Sum", [f"part{k}" for k in range(WIDTH)], ["convolved"]),
        helper.make_node("Reshape", ["convolved", "groups"], ["grouped"]),  # (batch, 11, 4, 64)
        helper.make_node("ReduceMax", ["grouped", "within"], ["pooled"], keepdims=0),  # (batch, 11, 64)
        helper.make_node("Relu", ["pooled"], ["rectified"]),  # after the maximum: the same, of a quarter of the numbers
        helper.make_node("Transpose", ["rectified"], ["steps"], perm=[1, 0, 2]),  # (11, batch, 64)
    ]
    return _model(nodes, constants, weights)


def _model(nodes: list[onnx.NodeProto], constants: Mapping[str, NDArray[np.generic]], weights: Weights) -> bytes:
    head, of_head = _head(weights)
    graph = helper.make_graph(
        [*nodes, *head],
        "conv1d_lstm",
        [helper.make_tensor_value_info("ids", TensorProto.INT32, ["batch", LENGTH])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", None])],
        [
            numpy_helper.from_array(np.ascontiguousarray(value), name)
            for name, value in {**constants, **of_head}.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _head(weights: Weights) -> tuple[list[onnx.NodeProto], dict[str, NDArray[np.generic]]]:
    """From `steps` (11, batch, 64) to the probabilities: LSTM, dense, softmax."""
    bias = _gates(weights["lstm/lstm_cell/bias"])  # (400,)
    constants: dict[str, NDArray[np.generic]] = {
        "lstm_kernel": _gates(weights["lstm/lstm_cell/kernel"])[None],  # (1, 400, 64)
        "lstm_recurrent": _gates(weights["lstm/lstm_cell/recurrent_kernel"])[None],  # (1, 400, 100)
        "lstm_bias": np.concatenate([bias, np.zeros_like(bias)])[None],  # (1, 800): ONNX has two, Keras one
        "direction": np.array([0]),
        "dense_kernel": weights["probabilities/kernel"],  # (100, 3)
        "dense_bias": weights["probabilities/bias"],
    }
    units = len(bias) // 4
    inputs = ["steps", "lstm_kernel", "lstm_recurrent", "lstm_bias"]
    nodes = [
        helper.make_node("LSTM", inputs, ["", "states"], hidden_size=units),  # (1, batch, 100), the last state
        helper.make_node("Squeeze", ["states", "direction"], ["state"]),  # (batch, 100)
        helper.make_node("Gemm", ["state", "dense_kernel", "dense_bias"], ["logits"]),  # (batch, 3)
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
    ]
    return nodes, constants


def _gates(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Keras's gates i, f, c, o along the last axis, to ONNX's i, o, f, c along the first."""
    i, f, c, o = np.split(weight, 4, axis=-1)
    return np.concatenate([i, o, f, c], axis=-1).T
