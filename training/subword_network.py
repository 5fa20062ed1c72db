"""The deep part while it learns: a word's vector is a row of its own and the mean of its subwords' vectors.

Rare words so share what their spelling says (Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information",
arXiv:1607.04606, section 3.2). Once learnt, the sum is one row a word: the network that serves has a plain embedding.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.network import features
from model.network_config import NetworkConfig
from training.wide.subwords import subword_matrix

MOST_PIECES = 40
"""Subwords of a word that count; only words of some twelve letters have more."""
LENGTHS = (2, 5)
"""Characters of the shortest and the longest subword."""
FEWEST_WORDS = 3
"""Words that share a subword; a vector for fewer would learn one of them by heart."""
SHARED_LAYERS = ("convolution", "lstm", "deep")
"""The layers that the network that serves has under the same names."""


class SubwordEmbedding(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """ids int32 (batch, length) to vectors float32 (batch, length, dim); padding's row stays zero."""

    def __init__(self, vectors: NDArray[np.float32], pieces: NDArray[np.int32]) -> None:
        """Start from `vectors` (vocabulary, dim); `pieces` (vocabulary, n) are their subwords from 1, 0 for none."""
        super().__init__(name="embedding")
        self._vectors = vectors
        self._pieces = tf.constant(pieces)
        present = np.count_nonzero(pieces, axis=1, keepdims=True)  # (vocabulary, 1)
        self._scale = tf.constant((1 / np.sqrt(np.maximum(present, 1))).astype(np.float32))
        self._subwords = int(pieces.max(initial=0)) + 1

    def build(self, _shape: Any) -> None:
        """Words as they are given, subwords from zero: at first a word is its vector."""
        self.words = self.add_weight(name="words", shape=self._vectors.shape, initializer="zeros")
        self.words.assign(self._vectors)
        self.subwords = self.add_weight(
            name="subwords", shape=(self._subwords, self._vectors.shape[1]), initializer="zeros"
        )

    def call(self, ids: Any) -> Any:
        """The vectors of whole words."""
        distinct, place = tf.unique(tf.reshape(ids, [-1]))  # each word is put together once a batch
        vectors = tf.gather(self.table(distinct), place)  # (batch * length, dim)
        return tf.reshape(vectors, tf.concat([tf.shape(ids), [self._vectors.shape[1]]], 0))  # (batch, length, dim)

    def table(self, ids: Any) -> Any:
        """The vectors (n, dim) of ids (n,), subwords among them."""
        pieces = tf.gather(self._pieces, ids)  # (n, MOST_PIECES)
        there = tf.cast(pieces > 0, tf.float32)[..., None]
        shared = tf.reduce_sum(tf.gather(self.subwords, pieces) * there, axis=1) * tf.gather(self._scale, ids)
        return (tf.gather(self.words, ids) + shared) * tf.cast(ids > 0, tf.float32)[:, None]

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """(batch, length, dim)"""
        return (*input_shape, self._vectors.shape[1])


def build_subword_network(
    config: NetworkConfig,
    vectors: NDArray[np.float32] | None,
    words: Sequence[str],
    *,
    dropout: float,
) -> Any:
    """The deep part as a `keras.Model` of its own: ids (batch, length) to probabilities (batch, classes).

    `vectors` (vocabulary, dim) may be None, `words` are those of the ids from 1; `dropout` is that of the features.
    """
    ids = keras.Input((config.sequence_length,), dtype="int32", name="ids")
    shape = (config.vocabulary_size, config.embedding_dim)
    start = np.random.default_rng(0).normal(0, 0.05, shape).astype(np.float32) if vectors is None else vectors
    pieces = pieces_of(words, config.vocabulary_size)
    x = features(config, SubwordEmbedding(start, pieces)(ids))  # (batch, units)
    x = keras.layers.Dropout(dropout, name="features_dropout")(x)
    logits = keras.layers.Dense(config.classes, name="deep")(x)  # (batch, classes)
    return keras.Model(ids, keras.layers.Softmax(name="probabilities")(logits), name="deep_part")


def pieces_of(words: Sequence[str], vocabulary_size: int) -> NDArray[np.int32]:
    """(vocabulary_size, MOST_PIECES): the subwords of each word from 1, those of the most words first; 0 for none."""
    matrix = subword_matrix(words, lengths=LENGTHS, fewest=FEWEST_WORDS)
    pieces = np.zeros((vocabulary_size, MOST_PIECES), dtype=np.int32)
    for row, (start, end) in enumerate(zip(matrix.indptr, matrix.indptr[1:], strict=False), start=1):
        found = np.sort(matrix.indices[start:end])[:MOST_PIECES] + 1
        pieces[row, : len(found)] = found
    return pieces


def hand_over(learnt: Any, serving: Any) -> None:
    """Put the weights of a network of `build_subword_network` into one of `model.network.build`, subwords summed up."""
    for name in SHARED_LAYERS:
        serving.get_layer(name).set_weights(learnt.get_layer(name).get_weights())
    embedding = serving.get_layer("embedding")
    ids = tf.range(embedding.input_dim)
    embedding.set_weights([learnt.get_layer("embedding").table(ids).numpy().astype(embedding.compute_dtype)])
