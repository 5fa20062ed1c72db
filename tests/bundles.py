"""A real bundle of toy size, made as training makes one, for every test that needs something to load."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from model import savedmodel, tokenizer_json
from model.attribution_graph import attribution
from model.bundle import MANIFEST, TOKENIZER, Bundle, complete
from model.network import build, count_parameters, describe_layers, layer_outputs
from model.network_config import NetworkConfig
from model.registry import Registry
from model.tokenizer import Tokenizer

LABELS = ("calm", "storm", "thaw")
TEXTS = ("the sea was calm", "a storm came over the sea", "the snow began to thaw")
TOY = NetworkConfig(
    classes=3, vocabulary_size=12, embedding_dim=4, sequence_length=8, filters=3, width=2, pool=2, units=5
)


def make_bundle(registry_folder: Path, *, name="toy", labels=LABELS, config=TOY, seed=0) -> Path:
    """The folder of a new version of `name`; the first version becomes the current one."""
    registry = Registry(registry_folder)
    version = registry.add(name, partial(_fill, name=name, labels=labels, config=config, seed=seed))
    return registry.path(name, version)


def remanifest(folder: Path, **changes: Any) -> Bundle:
    """Write a manifest that says otherwise, with seal and hashes in order, as a buggy exporter would."""
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    facts = {k: v for k, v in content.items() if k not in ("seal", "files", "vocabulary_size", "schema_version")}
    tokenizer = tokenizer_json.load((folder / TOKENIZER).read_text(encoding="utf-8"))
    (folder / MANIFEST).unlink()
    return complete(folder, tokenizer, **(facts | changes))


def _fill(folder: Path, *, name, labels, config, seed):
    keras.utils.set_random_seed(seed)
    vectors = np.random.default_rng(seed).normal(size=(config.vocabulary_size, config.embedding_dim))
    network = build(config, vectors.astype(np.float32))
    savedmodel.export(network, folder, layer_outputs(network), attribution(network))
    complete(
        folder,
        Tokenizer.fit(TEXTS, num_words=config.vocabulary_size),
        name=name,
        created_at="2026-01-02T03:04:05+00:00",
        preset=None,
        labels=list(labels),
        sequence_length=config.sequence_length,
        layers=describe_layers(network),
        parameters=count_parameters(network),
        metrics={"accuracy": 0.5},
        vectors={"source": "random"},
        data={
            "source": "toy.csv",
            "sha256": "0" * 64,
            "rows": 3,
            "split": {"train": 1, "validation": 1, "test": 1},
        },
        libraries={"tensorflow": "2.21"},
    )
