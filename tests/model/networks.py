"""What a bundle would know of a Keras network, without writing it to disk."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from model.manifest import Layer, Manifest, ParameterCounts
from model.network import build, count_parameters, describe_layers
from model.wide import NgramTables, Temperature
from tests.bundles import TOY
from training.wide.slots import fill

WIDE = replace(TOY, ngram_buckets=64, embedding_dtype="float16", embedding_frozen=False)
"""TOY with a wide part, as `accurate` has one."""


def weights_of(network):
    """The weights by their Keras paths, as the SavedModel keeps them."""
    return {weight.path: np.asarray(weight) for weight in network.weights}


def manifest_of(network, vocabulary_size=None, hyper_parameters=None):
    embedding = next(layer for layer in network.layers if hasattr(layer, "input_dim"))
    return Manifest(
        name="network",
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        preset=None,
        labels=tuple(f"c{number}" for number in range(network.output_shape[-1])),
        sequence_length=network.input_shape[-1],
        vocabulary_size=vocabulary_size or embedding.input_dim,
        layers=tuple(Layer(**layer) for layer in describe_layers(network)),
        parameters=ParameterCounts(**count_parameters(network)),
        libraries={},
        files={},
        network=hyper_parameters or {},
    )


def random_weights(network, seed=0):
    """`network` with every weight at random, the biases too, which begin as zeros."""
    random = np.random.default_rng(seed)
    for weight in network.weights:
        if weight.dtype.startswith("float"):
            weight.assign(random.normal(0, 0.6, weight.shape))
    for layer in network.layers:
        if isinstance(layer, NgramTables):
            fill_tables(layer, random)
        if isinstance(layer, Temperature):
            layer.temperature.assign(1.5)
    return network


def fill_tables(tables, random):
    """Give a wide part the n-grams of some random texts, with values at random."""
    ids = random.integers(0, tables.vocabulary_size, (30, 8)).astype(np.int32)
    tables.checks.assign(fill(ids, tables.buckets))
    tables.values.assign(random.integers(-127, 128, tables.values.shape).astype(np.int8))
    tables.scale.assign(0.01)


def network_of(config, seed=0):
    """The network of `config` with random weights."""
    return random_weights(build(config, np.zeros((config.vocabulary_size, config.embedding_dim), np.float32)), seed)


def random_ids(config, rows, seed=0):
    ids = np.random.default_rng(seed).integers(0, config.vocabulary_size, (rows, config.sequence_length))
    return ids.astype(np.int32)  # (rows, sequence_length)
