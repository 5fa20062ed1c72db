"""The champion: the version that serves, asked about the rows that the new one, the challenger, is measured on.

Whatever is wrong with it is a reason not to compare, never one for the training to fail.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.bundle import Bundle, verify
from model.errors import RegistryError, TercetError
from model.manifest import Manifest
from model.registry import Registry
from model.savedmodel import SavedModelEngine
from training.comparison import Comparison, Uncompared, Why, compare
from training.config import TrainingConfig
from training.data.splitting import BY_TEXT

_CHUNK_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Challenge:
    """The rows to compare on, and what the challenger says of them."""

    texts: Sequence[str]
    targets: NDArray[np.int32]
    """(rows,), class indices"""
    labels: tuple[str, ...]
    probabilities: NDArray[np.float32]
    """(rows, classes) of the challenger"""
    training: TrainingConfig


def compare_with_champion(registry: Registry, name: str, challenge: Challenge) -> Comparison | Uncompared | None:
    """The comparison with the version of `name` that serves; None where none does."""
    try:
        version = registry.current(name)
    except RegistryError as error:
        return Uncompared(None, Why.UNUSABLE, str(error))
    if version is None:
        return None
    try:
        return _compare(verify(registry.path(name, version)), version, challenge)
    except (TercetError, OSError, ValueError, KeyError, tf.errors.OpError) as error:
        reason = f"Version {version}, which serves, cannot be asked: {error}"
        return Uncompared(version, Why.UNUSABLE, reason)


def _compare(bundle: Bundle, version: int, challenge: Challenge) -> Comparison | Uncompared:
    theirs, ours = bundle.manifest.labels, challenge.labels
    if set(theirs) != set(ours):
        added, gone = sorted(set(ours) - set(theirs)), sorted(set(theirs) - set(ours))
        changes = [f"{what} {', '.join(labels)}" for what, labels in (("new:", added), ("gone:", gone)) if labels]
        reason = f"The labels are not those of version {version}, which serves ({'; '.join(changes)})."
        return Uncompared(version, Why.LABELS, reason)
    order = [theirs.index(label) for label in ours]
    champion = _probabilities(bundle, challenge.texts)[:, order]  # (rows, classes)
    caveat = _caveat(bundle.manifest, challenge.training)
    return compare(champion, challenge.probabilities, challenge.targets, ours, version=version, caveat=caveat)


def _probabilities(bundle: Bundle, texts: Sequence[str]) -> NDArray[np.float32]:
    engine = SavedModelEngine(bundle)
    ids, _ = bundle.encoder.encode(texts)
    parts = [engine.probabilities(ids[i : i + _CHUNK_ROWS]) for i in range(0, len(ids), _CHUNK_ROWS)]
    return np.concatenate(parts)  # (texts, classes)


def _caveat(champion: Manifest, training: TrainingConfig) -> str | None:
    """Why the champion may have learnt from the rows: it was split in another way, or nobody knows how."""
    theirs = champion.training
    shares = {name: getattr(training, name) for name in ("validation_share", "test_share")}
    if theirs.get("split") == BY_TEXT and all(theirs.get(name) == share for name, share in shares.items()):
        return None
    return (
        "The version that serves was not split in the same way, so it may have learnt from some of these rows, "
        "and be worse than it looks."
    )
