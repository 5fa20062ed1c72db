"""What runs the network for serving: the fold where the bundle's network can be folded, else its own signature."""

import logging
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.bundle import Bundle
from model.folded_engine import FoldedEngine
from model.folding import Folded, WidePart, fold
from model.manifest import Manifest
from model.ngrams import place
from model.savedmodel import SavedModelEngine

TOLERANCE = 1e-5
"""Largest difference to the SavedModel's probabilities at which a fold is taken for the same network."""
_RANDOM_ROWS = 32
_ROWS_A_RUN = 16
_WIDE_CANDIDATES = 1 << 15
_LONGEST_CANDIDATE = 4

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
    difference = _difference(engine, saved, _probe(bundle.manifest, folded))
    if not difference <= TOLERANCE:
        logger.info("The fold differs from the network by %.1e; it runs as the SavedModel does.", difference)
        return saved
    return engine


def _difference(engine: Engine, saved: Engine, probe: NDArray[np.int32]) -> float:
    """The largest of all probabilities, nan where one is. Few rows at a time: the process keeps what a run takes."""
    runs = [probe[start : start + _ROWS_A_RUN] for start in range(0, len(probe), _ROWS_A_RUN)]
    return float(np.max([np.abs(engine.probabilities(rows) - saved.probabilities(rows)).max() for rows in runs]))


def _probe(manifest: Manifest, folded: Folded) -> NDArray[np.int32]:
    """(rows, sequence_length) ids: some at random, from padding alone to no padding, and those that excite each filter
    or the wide part more than others do, since an activation may differ from a ReLU up there alone.
    """
    filled = np.linspace(0, manifest.sequence_length, _RANDOM_ROWS).astype(int)  # (32,)
    rows = [_random_ids(manifest, filled), _exciting_filters(manifest, folded)]
    if folded.wide is not None:
        rows.append(_exciting_wide_part(manifest, folded.wide))
    return np.concatenate(rows).astype(np.int32)


def _random_ids(manifest: Manifest, filled: NDArray[np.int_]) -> NDArray[np.int_]:
    """(rows, sequence_length) ids of which the last `filled` (rows,) are no padding."""
    length = manifest.sequence_length
    ids = np.random.default_rng(0).integers(0, manifest.vocabulary_size, (len(filled), length))
    ids[np.arange(length) < length - filled[:, None]] = 0
    return ids


def _exciting_filters(manifest: Manifest, folded: Folded) -> NDArray[np.int_]:
    """(filters, sequence_length): the words of each filter's largest look-ups, at their places again and again."""
    strongest: NDArray[np.int_] = folded.table.argmax(axis=0).reshape(folded.width, folded.filters).T
    return strongest.take(np.arange(manifest.sequence_length) % folded.width, axis=1)


def _exciting_wide_part(manifest: Manifest, wide: WidePart) -> NDArray[np.int_]:
    """(64, sequence_length): of short random texts, which saturate no softmax, those with most n-grams of the table.

    An n-gram at random is there once in thousands: where none is, any table would do.
    """
    ids = _random_ids(manifest, np.arange(_WIDE_CANDIDATES) % _LONGEST_CANDIDATE + 1)
    buckets, checks = place(ids[:, -_LONGEST_CANDIDATE:], len(wide.checks))  # (32768, 4, 2) each
    found = (wide.checks[buckets] == checks[..., None]).sum(axis=(1, 2, 3))  # (32768,)
    return ids[np.argsort(found)[-2 * _RANDOM_ROWS :]]
