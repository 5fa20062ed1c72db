"""Versions of the default model of other forms, with random weights: `python -m benchmarks.other_forms MODELS COUNT`.

A process of its own, since it needs Keras. Each has a smaller vocabulary, by so much that nothing compiled fits it.
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.bundles import REFERENCE_BUNDLE
from model import savedmodel
from model.bundle import complete, verify
from model.network import build, count_parameters, describe_layers, layer_outputs
from model.network_config import NetworkConfig
from model.registry import Registry
from model.tokenizer import Tokenizer

_FEWER = 1100
"""Words, from one form to the next: more than the rows that forms are rounded to."""


def main(models: Path, count: int) -> None:
    for number in range(1, count + 1):
        Registry(models).add(REFERENCE_BUNDLE.parent.name, partial(_fill, number * _FEWER))


def _fill(fewer: int, folder: Path) -> None:
    reference = verify(REFERENCE_BUNDLE)
    manifest, known = reference.manifest, reference.encoder.tokenizer
    size = manifest.vocabulary_size - fewer
    config = NetworkConfig(vocabulary_size=size, classes=len(manifest.labels))
    vectors = np.random.default_rng(0).normal(size=(size, config.embedding_dim)).astype(np.float32)
    network = build(config, vectors)  # (size, 100)
    savedmodel.export(network, folder, layer_outputs(network))
    complete(
        folder,
        Tokenizer(known.word_index, num_words=size),
        name=manifest.name,
        created_at=manifest.created_at.isoformat(),
        preset=None,
        labels=manifest.labels,
        sequence_length=config.sequence_length,
        layers=describe_layers(network),
        parameters=count_parameters(network),
        libraries=manifest.libraries,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
