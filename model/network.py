"""The Conv1D-LSTM: its layers, and what each layer gives for a text. `model.network_config` has its sizes.

Needs Keras, so only training and export import it; serving runs the SavedModel (`model.savedmodel`).
"""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.errors import ConfigError
from model.network_config import NetworkConfig

LONGEST_UNROLLED = 64
"""LSTM steps up to which the loop is written out: measured faster on CPU, and free of cuDNN's own operations,
which a SavedModel made beside a GPU would otherwise carry to machines without one."""


def build(config: NetworkConfig, vectors: NDArray[np.float32] | None = None) -> Any:
    """The network as a `keras.Model`: ids int32 (batch, 50) to probabilities float32 (batch, 3).

    `vectors` is (vocabulary_size, embedding_dim), row 0 is padding; None learns the embedding from nothing.
    Raises `ConfigError` where the vectors have another shape, or where a random embedding would be frozen.
    """
    ids = keras.Input((config.sequence_length,), dtype="int32", name="ids")  # (batch, 50)
    embedding = keras.layers.Embedding(
        config.vocabulary_size, config.embedding_dim, trainable=not config.embedding_frozen, name="embedding"
    )
    x = embedding(ids)  # (batch, 50, 100)
    x = keras.layers.Dropout(config.embedding_dropout, name="embedding_dropout")(x)
    x = keras.layers.Conv1D(config.filters, config.width, activation="relu", name="convolution")(x)  # (batch, 46, 64)
    x = keras.layers.MaxPooling1D(config.pool, name="pooling")(x)  # (batch, 11, 64)
    unroll = config.steps <= LONGEST_UNROLLED
    x = keras.layers.LSTM(config.units, unroll=unroll, use_cudnn=False, name="lstm")(x)  # (batch, 100)
    probabilities = keras.layers.Dense(config.classes, activation="softmax", name="probabilities")(x)  # (batch, 3)
    _fill(embedding, config, vectors)
    return keras.Model(ids, probabilities, name="conv1d_lstm")


def _fill(embedding: Any, config: NetworkConfig, vectors: NDArray[np.float32] | None) -> None:
    if vectors is None:
        if config.embedding_frozen:
            raise ConfigError("embedding_frozen needs vectors; without them the embedding has to be learnt.")
        return
    expected = (config.vocabulary_size, config.embedding_dim)
    if vectors.shape != expected:
        raise ConfigError(f"The vectors are {vectors.shape}; the network's embedding is {expected}.")
    embedding.set_weights([vectors])


def layer_outputs(network: Any) -> Callable[[Any], Mapping[str, Any]]:
    """A function of ids (batch, 50) that gives every layer's output by the layer's name, dropout being idle.

    Beside the layers' own: `<name>_positions` int32 (batch, 11, 64), where a max pooling found each value that it kept,
    the first place on a tie; `<name>_states` (batch, 11, 100), an LSTM's hidden state after each step; and, where the
    last layer is a softmax, `logits` (batch, 3), what it is taken of. Works for any network of one input and one
    output; a layer with several outputs is left out.
    """
    layers = [layer for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]
    outputs = {layer.name: layer.output for layer in layers if isinstance(layer.output, keras.KerasTensor)}
    for layer in layers:
        if isinstance(layer, keras.layers.LSTM):
            outputs[f"{layer.name}_states"] = _states(layer)
    poolings = [layer for layer in layers if isinstance(layer, keras.layers.MaxPooling1D) and layer.padding == "valid"]
    last = layers[-1]
    inside = keras.Model(network.inputs[0], (outputs, [layer.input for layer in poolings], last.input))

    def explain(ids: Any) -> Mapping[str, Any]:
        given, pooled, features = inside(ids, training=False)
        for layer, values in zip(poolings, pooled, strict=True):
            given[f"{layer.name}_positions"] = _positions(layer, values)
        if is_softmax(last):
            given["logits"] = logits_of(last, features)
        return dict(given)

    return explain


def is_softmax(layer: Any) -> bool:
    """Whether a layer is a Dense with a softmax, whose logits `logits_of` can tell."""
    return isinstance(layer, keras.layers.Dense) and layer.activation is keras.activations.softmax


def logits_of(dense: Any, features: Any) -> Any:
    """What a Dense layer gives for features (batch, 100) before its activation: (batch, 3)."""
    logits = tf.matmul(features, dense.kernel)  # (batch, 3)
    return logits + dense.bias if dense.use_bias else logits


def _positions(pooling: Any, values: Any) -> Any:
    """Where in `values` (batch, 46, 64) a max pooling finds each that it keeps: int32 (batch, 11, 64)."""
    (size,), (stride,) = pooling.pool_size, pooling.strides
    first = tf.range(0, tf.shape(values)[1] - size + 1, stride)[:, None]  # (11, 1)
    pools = tf.gather(values, first + tf.range(size), axis=1)  # (batch, 11, 4, 64)
    return tf.argmax(pools, axis=2, output_type=tf.int32) + first


def _states(lstm: Any) -> Any:
    """The hidden states of a layer of a network after each step it takes, by the same weights."""
    every_step = keras.layers.LSTM.from_config(
        lstm.get_config() | {"name": f"{lstm.name}_states", "return_sequences": True, "return_state": False}
    )
    every_step.cell = lstm.cell
    inputs, mask = lstm.input if isinstance(lstm.input, list) else (lstm.input, None)
    return every_step(inputs, mask=mask)


def describe_layers(network: Any) -> list[dict[str, Any]]:
    """The table of layers as JSON: name, kind, output shape without the batch, parameters, whether they learn."""
    return [
        {
            "name": layer.name,
            "kind": type(layer).__name__,
            "shape": list(_first(layer.output).shape[1:]),
            "parameters": layer.count_params(),
            "trainable": bool(layer.trainable_weights),
        }
        for layer in network.layers
    ]


def _first(output: Any) -> Any:
    """A layer that gives its states too gives its output first."""
    return output[0] if isinstance(output, list | tuple) else output


def count_parameters(network: Any) -> dict[str, int]:
    """How many weights the network has: in total, learnt, and frozen."""
    trainable = sum(int(np.prod(w.shape)) for w in network.trainable_weights)
    frozen = sum(int(np.prod(w.shape)) for w in network.non_trainable_weights)
    return {"total": trainable + frozen, "trainable": trainable, "frozen": frozen}
