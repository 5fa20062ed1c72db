"""One text through the network: the bundle's own signature against `keras.Model.predict`."""

from pathlib import Path

import numpy as np

from benchmarks.rounds import Comparison, compare, timed
from model.bundle import verify
from model.network import build
from model.network_config import NetworkConfig
from model.savedmodel import SavedModelEngine

CALLS = 20


def compare_calls(bundle: Path, rounds: int) -> Comparison:
    """`CALLS` calls with one text each, after one that warms up."""
    engine = SavedModelEngine(verify(bundle))
    config = NetworkConfig()
    network = build(config, np.zeros((config.vocabulary_size, config.embedding_dim), dtype=np.float32))
    ids = np.arange(50, dtype=np.int32)[None]  # (1, 50)
    engine.probabilities(ids)
    network.predict(ids, verbose=0)
    return compare(
        f"{CALLS} calls of the network with one text, against keras.Model.predict",
        lambda: timed(lambda: [engine.probabilities(ids) for _ in range(CALLS)]),
        lambda: timed(lambda: [network.predict(ids, verbose=0) for _ in range(CALLS)]),
        rounds,
    )
