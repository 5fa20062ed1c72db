"""What runs the network for serving: the fold where the bundle's network can be folded, else its own signature."""

import logging
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.bundle import Bundle
from model.folded_engine import FoldedEngine
from model.folding import Folded, fold
from model.manifest import Manifest
from model.savedmodel import SavedModelEngine

TOLERANCE = 1e-5
"""Largest difference to the SavedModel's probabilities at which a fold is taken for the same network."""
_RANDOM_ROWS = 32

logger = logging.getLogger(__name__)


class Engine(Protocol):
    """Runs the network. Threads may share it."""

    best_batch: int
    """Rows a call at which a row takes the least time."""

    inline_rows: int
    """Rows up to which a call takes about as long as handing it to another thread does; 0 where any takes longer."""

    def probabilities(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """(texts, sequence_length) int32 to (texts, classes) float32, for any number of texts."""

    def compile(self) -> None:
        """Make later calls faster; blocks for seconds, while other threads may call `probabilities`."""


def load_engine(bundle: Bundle, device: str = "CPU:0", saved: SavedModelEngine | None = None) -> Engine:
    """The fastest engine that gives the probabilities of the bundle's SavedModel, on a TensorFlow device.

    `saved` is that SavedModel, where it is loaded already. Raises `BundleError` where the graph is not what the
    manifest says.
    """
    saved = saved or SavedModelEngine(bundle)
    folded = fold(bundle.manifest, saved.weights())
    if folded is None:
        logger.info("The network is of a form that is not folded; it runs as the SavedModel does.")
        return saved
    engine = FoldedEngine(folded, bundle.manifest.sequence_length, device)
    probe = _probe(bundle.manifest, folded)
    difference = np.abs(engine.probabilities(probe) - saved.probabilities(probe)).max()
    if not difference <= TOLERANCE:
        logger.info("The fold differs from the network by %.1e; it runs as the SavedModel does.", difference)
        return saved
    return engine


def _probe(manifest: Manifest, folded: Folded) -> NDArray[np.int32]:
    """(32 + filters, sequence_length) ids: some at random, from padding alone to no padding, and for each filter the
    words that excite it more than any others do, since an activation may differ from a ReLU up there alone.
    """
    shape = (_RANDOM_ROWS, manifest.sequence_length)
    ids = np.random.default_rng(0).integers(0, manifest.vocabulary_size, shape)  # (32, sequence_length)
    filled = np.linspace(0, manifest.sequence_length, _RANDOM_ROWS).astype(int)  # (32,)
    ids[np.arange(manifest.sequence_length) < manifest.sequence_length - filled[:, None]] = 0
    strongest = folded.table.argmax(axis=0).reshape(folded.width, folded.filters).T  # (filters, width)
    exciting = strongest[:, np.arange(manifest.sequence_length) % folded.width]  # (filters, sequence_length)
    return np.concatenate([ids, exciting]).astype(np.int32)
