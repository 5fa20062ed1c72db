"""The Conv1D-LSTM: its layers, and what each layer gives for a text. `model.network_config` has its sizes.

Needs Keras, so only training and export import it; serving runs the SavedModel (`model.savedmodel`).
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.errors import ConfigError
from model.network_config import NetworkConfig
from model.wide import NgramTables, Temperature

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
        config.vocabulary_size,
        config.embedding_dim,
        trainable=not config.embedding_frozen,
        dtype=config.embedding_dtype,
        embeddings_initializer=_half_uniform if config.embedding_dtype == "float16" else "uniform",
        name="embedding",
    )
    x = features(config, embedding(ids))  # (batch, 100)
    if config.has_wide_part:
        probabilities = _with_wide_part(config, ids, x)
    else:
        probabilities = keras.layers.Dense(config.classes, activation="softmax", name="probabilities")(x)  # (batch, 3)
    _fill(embedding, config, vectors)
    return keras.Model(ids, probabilities, name="wide_and_deep" if config.has_wide_part else "conv1d_lstm")


def _half_uniform(shape: Any, dtype: Any) -> Any:
    """Keras's initializer "uniform" in half precision; drawn in it, TensorFlow complains on most CPUs."""
    return keras.ops.cast(keras.random.uniform(shape, -0.05, 0.05), dtype)


def features(config: NetworkConfig, words: Any) -> Any:
    """What the Conv1D-LSTM makes of embedded words (batch, 50, 100): symbolic features (batch, 100)."""
    dropout = keras.layers.SpatialDropout1D if config.has_wide_part else keras.layers.Dropout
    x = dropout(config.embedding_dropout, name="embedding_dropout")(words)
    x = keras.layers.Conv1D(config.filters, config.width, activation="relu", name="convolution")(x)  # (batch, 46, 64)
    x = keras.layers.MaxPooling1D(config.pool, name="pooling")(x)  # (batch, 11, 64)
    unroll = config.steps <= LONGEST_UNROLLED
    return keras.layers.LSTM(config.units, unroll=unroll, use_cudnn=False, name="lstm")(x)  # (batch, 100)


def _with_wide_part(config: NetworkConfig, ids: Any, x: Any) -> Any:
    """The logits of both parts added and brought to a temperature, as probabilities (batch, 3)."""
    deep = keras.layers.Dense(config.classes, name="deep")(x)  # (batch, 3)
    wide = NgramTables(config.vocabulary_size, config.ngram_buckets, config.classes, name="wide")(ids)  # (batch, 3)
    both = keras.layers.Add(name="deep_and_wide")([deep, wide])
    return keras.layers.Softmax(name="probabilities")(Temperature(name="temperature")(both))


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
    states: dict[str, Any] = {}

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(layer, keras.layers.LSTM):
            return layer(*args, **kwargs)
        states[f"{layer.name}_states"] = every = _every_step(layer)(*args, **kwargs)  # (batch, 11, 100)
        if layer.return_state:
            return layer(*args, **kwargs)
        return every if layer.return_sequences else every[:, -1]

    ids, calls = trace(network, call)
    outputs = {each.layer.name: each.output for each in calls if isinstance(each.layer, keras.layers.Layer)}
    outputs = {name: output for name, output in outputs.items() if isinstance(output, keras.KerasTensor)} | states
    poolings = [each for each in calls if isinstance(each.layer, keras.layers.MaxPooling1D)]
    poolings = [each for each in poolings if each.layer.padding == "valid"]
    last = calls[-1]
    inside = keras.Model(ids, (outputs, [each.inputs[0] for each in poolings], last.inputs[0]))

    def explain(ids: Any) -> Mapping[str, Any]:
        given, pooled, features = inside(ids, training=False)
        for pooling, values in zip(poolings, pooled, strict=True):
            given[f"{pooling.layer.name}_positions"] = _positions(pooling.layer, values)
        if is_softmax(last.layer):
            given["logits"] = logits_of(last.layer, features)
        return dict(given)

    return explain


def is_softmax(layer: Any) -> bool:
    """Whether a layer ends in a softmax whose logits `logits_of` can tell."""
    if isinstance(layer, keras.layers.Dense):
        return layer.activation is keras.activations.softmax
    return isinstance(layer, keras.layers.Softmax)


def logits_of(layer: Any, features: Any) -> Any:
    """The logits (batch, 3) of the last layer, for the features (batch, 100) that it reads."""
    if isinstance(layer, keras.layers.Softmax):
        return features
    logits = tf.matmul(features, layer.kernel)  # (batch, 3)
    return logits + layer.bias if layer.use_bias else logits


def _positions(pooling: Any, values: Any) -> Any:
    """Where in `values` (batch, 46, 64) a max pooling finds each that it keeps: int32 (batch, 11, 64)."""
    (size,), (stride,) = pooling.pool_size, pooling.strides
    first = tf.range(0, tf.shape(values)[1] - size + 1, stride)[:, None]  # (11, 1)
    pools = tf.gather(values, first + tf.range(size), axis=1)  # (batch, 11, 4, 64)
    return tf.argmax(pools, axis=2, output_type=tf.int32) + first


def _every_step(lstm: Any) -> Any:
    """A layer that gives the hidden states of `lstm` after each step it takes, by the same weights."""
    every_step = keras.layers.LSTM.from_config(
        lstm.get_config() | {"name": f"{lstm.name}_states", "return_sequences": True, "return_state": False}
    )
    every_step.cell = lstm.cell
    return every_step


class Call(NamedTuple):
    """A layer where the network calls it; `inputs` and `output` are symbolic tensors."""

    layer: Any
    inputs: list[Any]
    output: Any


def trace(
    network: Any, call: Callable[..., Any] = lambda layer, *args, **kwargs: layer(*args, **kwargs)
) -> tuple[Any, list[Call]]:
    """The ids and the calls of a network in their order, on symbolic tensors that no other network has.

    `call` may call a layer in another way. `layer.input` and `layer.output` would not do: the layers of a
    `keras.Sequential` that was saved and loaded were called several times.
    """
    calls: list[Call] = []

    def note(layer: Any, *args: Any, **kwargs: Any) -> Any:
        inputs = [each for each in keras.tree.flatten((args, kwargs)) if isinstance(each, keras.KerasTensor)]
        calls.append(Call(layer, inputs, call(layer, *args, **kwargs)))
        return calls[-1].output

    functional = keras.Model(network.inputs[0], network.outputs[0])
    copy = keras.models.clone_model(functional, call_function=note, clone_function=lambda layer: layer)
    return copy.inputs[0], calls


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
