"""Small data, vectors and a small network, so that a whole training run takes a second or two."""

from pathlib import Path

import numpy as np

from model.network_config import NetworkConfig
from training.config import TrainingConfig
from training.presets import Preset

ROOT = Path(__file__).parents[2]
SHOP_MESSAGES = ROOT / "examples" / "shop-messages.csv"

SMALL = Preset(
    "small",
    "for tests",
    NetworkConfig(vocabulary_size=80, embedding_dim=4, sequence_length=12, filters=4, width=2, pool=2, units=5),
    TrainingConfig(epochs=2, batch_size=16, seed=3),
)

_SUBJECTS = ("harbour", "glacier", "orchard", "foundry", "library")
_DETAILS = ("early", "late", "quiet", "crowded", "windy", "bright", "dim", "empty", "warm", "cold")


def write_messages(path: Path, *, classes=3, rows_per_class=30) -> Path:
    """A CSV of sentences that a word tells apart, labelled c0, c1, …"""
    lines = ["text,label"]
    for row in range(rows_per_class):
        for number in range(classes):
            first, second = _DETAILS[row % 10], _DETAILS[(row // 10 + 3 * row) % 10]
            lines.append(f'"On day {row} the {_SUBJECTS[number]} was {first}, then {second} again",c{number}')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_glove(path: Path, *, dimension=4) -> Path:
    """GloVe text with a vector for every word of `write_messages` but `foundry` and the numbers."""
    random = np.random.default_rng(0)
    words = ("on", "day", "the", "was", "then", "again", *_DETAILS, "harbour", "glacier", "orchard", "library")
    rows = [f"{word} {' '.join(f'{x:.4f}' for x in random.normal(size=dimension))}" for word in words]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def figures(history):
    """The records of a history without how long each epoch took."""
    records = history["records"] if isinstance(history, dict) else history.as_dict()["records"]
    return [{key: value for key, value in record.items() if key != "seconds"} for record in records]
