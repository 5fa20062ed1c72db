"""What is kept of a finished fold: the answers to the rows it held out, exactly, and how it went."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.vectors.arrays import read_arrays, write_arrays

_FACTS = ("number", "fold", "seed", "train_rows", "validation_rows", "epochs", "best_epoch", "seconds", "network")


@dataclass(frozen=True, slots=True, eq=False)
class FoldResult:
    """A fold's answers, in the order of `rows`."""

    number: int
    """From 1, over all repetitions."""
    fold: int
    """From 1, within its seed."""
    seed: int
    train_rows: int
    validation_rows: int
    epochs: int
    best_epoch: int
    seconds: float
    network: dict[str, Any]
    """`NetworkConfig` as these rows made it."""
    libraries: dict[str, str]
    rows: NDArray[np.int64]
    """(rows,) of the data set, from 0"""
    lines: NDArray[np.int64]
    """(rows,) of the data file, as `Dataset.line_numbers`"""
    targets: NDArray[np.int32]
    """(rows,)"""
    probabilities: NDArray[np.float32]
    """(rows, classes) of the network"""
    baseline: NDArray[np.float64]
    """(rows, classes) of `training.baseline`"""
    parts: dict[str, NDArray[np.floating]]
    """(rows, classes) of parts of the network alone, or of it without one; empty where it has none."""

    def save(self, path: Path) -> None:
        """Write all of it as one `.npz`, atomically."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        arrays |= {f"part {index}": array for index, array in enumerate(self.parts.values())}
        facts = {name: getattr(self, name) for name in (*_FACTS, "libraries")} | {"parts": list(self.parts)}
        write_arrays(path, arrays, facts)

    @classmethod
    def load(cls, path: Path) -> "FoldResult":
        """What `save` wrote. Raises `DamagedArraysError`."""
        arrays, facts = read_arrays(path)
        parts = {name: arrays[f"part {index}"] for index, name in enumerate(facts.pop("parts"))}
        values: dict[str, Any] = facts | {name: arrays[name] for name in _ARRAYS}
        return cls(**values, parts=parts)

    def facts(self) -> dict[str, Any]:
        """How it went, as JSON."""
        return {name: getattr(self, name) for name in _FACTS}


_ARRAYS = tuple(field.name for field in fields(FoldResult) if field.name not in (*_FACTS, "libraries", "parts"))
