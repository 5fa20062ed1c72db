"""The wide part: what each n-gram of ids adds to the logits of the classes, looked up in tables and summed.

A linear model over word 1-, 2- and 3-grams is such a sum, and so is naive Bayes. This is the sum alone, in the graph
that serves; `training.wide` finds the tables. The deep part beside it is the Conv1D-LSTM of `model.network`.
"""

from typing import Any

import keras
import tensorflow as tf

from model.ngrams import SLOTS, place


@keras.saving.register_keras_serializable("tercet")
class NgramTables(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """ids int32 (batch, length), padding in front, to logits float32 (batch, classes).

    Each id other than 0 adds its row of `unigrams`, and the values of the n-grams that end with it, where the table has
    them; `bias` is added once. Small on disk: float16 for words, and for n-grams steps of `scale` in int8.
    """

    def __init__(self, vocabulary_size: int, buckets: int, classes: int, **options: Any) -> None:
        super().__init__(**options)
        self.vocabulary_size, self.buckets, self.classes = vocabulary_size, buckets, classes

    def build(self, _shape: Any) -> None:
        """Make the tables, empty."""
        self.unigrams = self._table("unigrams", (self.vocabulary_size, self.classes), "float16")
        self.checks = self._table("checks", (self.buckets, SLOTS), "uint16")
        self.values = self._table("values", (self.buckets, SLOTS, self.classes), "int8")
        self.scale = self._table("scale", (), "float32")
        self.bias = self._table("bias", (self.classes,), "float32")

    def call(self, ids: Any) -> Any:
        """(batch, classes)"""
        words, ngrams = self.by_position(ids)
        return tf.reduce_sum(words, axis=1) + tf.reduce_sum(ngrams, axis=(1, 2)) + self.bias

    def by_position(self, ids: Any) -> tuple[Any, Any]:
        """What each word adds, float32 (batch, length, classes), and what the 2-gram and the 3-gram that end there
        add, (batch, length, 2, classes); zeros at padding.
        """
        here = tf.cast(ids != 0, tf.float32)[..., None]  # (batch, length, 1)
        words = tf.cast(tf.gather(self.unigrams, ids), tf.float32) * here
        buckets, checks = place(ids, self.buckets)  # (batch, length, 2)
        found = tf.cast(tf.gather(self.checks, buckets), tf.int32) == checks[..., None]  # (batch, length, 2, SLOTS)
        slots = tf.reduce_max(tf.where(found, tf.range(1, SLOTS + 1), 0), axis=-1)  # (batch, length, 2), 0 for none
        rows = buckets * SLOTS + tf.maximum(slots - 1, 0)
        values = tf.gather(tf.reshape(self.values, (-1, self.classes)), rows)  # (batch, length, 2, classes)
        known = tf.cast(slots > 0, tf.float32)[..., None] * here[..., None]
        return words, tf.cast(values, tf.float32) * (self.scale * known)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        """(batch, classes)"""
        return (input_shape[0], self.classes)

    def get_config(self) -> dict[str, Any]:
        """What `from_config` takes."""
        config: dict[str, Any] = super().get_config()
        return config | {"vocabulary_size": self.vocabulary_size, "buckets": self.buckets, "classes": self.classes}

    def _table(self, name: str, shape: tuple[int, ...], dtype: str) -> Any:
        learns = dtype.startswith("float")
        return self.add_weight(name=name, shape=shape, dtype=dtype, initializer="zeros", trainable=learns)


@keras.saving.register_keras_serializable("tercet")
class Temperature(keras.layers.Layer):  # type: ignore[misc]
    """Logits divided by one number, which makes probabilities honest.

    Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv:1706.04599, section 4.2.
    """

    def build(self, _shape: Any) -> None:
        """Start at 1, which changes nothing."""
        self.temperature = self.add_weight(name="temperature", shape=(), initializer="ones")

    def call(self, logits: Any) -> Any:
        """(batch, classes)"""
        return logits / self.temperature

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the logits."""
        return input_shape
