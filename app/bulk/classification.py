"""Texts of a batch become predictions, by the engine and the encoder of the service."""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.bulk.rows import Batch, Prediction
from app.model_host import Serving
from app.predict_request import text_fault
from model.encoder import TokenCounts

COMPILE_AFTER_ROWS = 1 << 17
"""Rows up to which compiling the network takes longer than it saves. Told by the row, not by time: a compiled network
rounds its last bits in another way, and an interrupted run has to give the same bytes."""


class Classified(NamedTuple):
    """A batch with a prediction for each of its rows."""

    batch: Batch
    predictions: list[Prediction]
    words: int
    """In all texts that were classified."""
    known_words: int


@dataclass(frozen=True, slots=True)
class _Encoded:
    batch: Batch
    faults: list[str | None]
    counts: list[TokenCounts]
    """Of the rows without a fault."""
    probabilities: "Future[NDArray[np.float32]]"
    """(rows without a fault, labels)"""


@dataclass(frozen=True, slots=True)
class BulkClassifier:
    """Classifies batch after batch with one model."""

    serving: Serving
    max_text_characters: int

    def classify(self, batches: Iterable[Batch], rows: int = 0) -> Iterator[Classified]:
        """Each batch in order, the first of them after so many `rows`.

        While the network runs on one batch, the next is read and the one before is written.
        """
        with _quick_hand_over(), ThreadPoolExecutor(1, "inference") as inference:
            ahead: _Encoded | None = None
            compiled = False
            for batch in batches:
                if rows >= COMPILE_AFTER_ROWS and not compiled:
                    inference.submit(self.serving.compile)
                    compiled = True
                following = self._encode(batch, inference)
                rows += len(batch.texts)
                if ahead is not None:
                    yield self._finish(ahead)
                ahead = following
            if ahead is not None:
                yield self._finish(ahead)

    def fault(self, text: object) -> str | None:
        """Why `text` cannot be classified; the limits are those of `POST /predict`."""
        if not isinstance(text, str):
            return "text is missing" if text is None else f"text is no string but {type(text).__name__}"
        fault = text_fault(text, self.max_text_characters)
        return None if fault is None else f"text {fault}"

    def _encode(self, batch: Batch, inference: ThreadPoolExecutor) -> _Encoded:
        faults = [fault or self.fault(text) for fault, text in zip(batch.faults, batch.texts, strict=True)]
        texts = [str(text) for text, fault in zip(batch.texts, faults, strict=True) if fault is None]
        ids, counts = self.serving.bundle.encoder.encode(texts)  # (texts, sequence_length)
        return _Encoded(batch, faults, counts, inference.submit(self._probabilities, ids))

    def _probabilities(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        engine, rows = self.serving.engine, self.serving.engine.best_batch
        parts = [engine.probabilities(ids[start : start + rows]) for start in range(0, len(ids), rows)]
        labels = len(self.serving.bundle.manifest.labels)
        return np.concatenate(parts) if parts else np.empty((0, labels), np.float32)  # (texts, labels)

    def _finish(self, encoded: _Encoded) -> Classified:
        labels = self.serving.bundle.manifest.labels
        probabilities = encoded.probabilities.result()
        best = probabilities.argmax(axis=1).tolist()  # (texts,)
        answers = zip(best, probabilities.tolist(), encoded.counts, strict=True)
        predictions = []
        for fault in encoded.faults:
            if fault is None:
                winner, row, count = next(answers)
                predictions.append(Prediction(labels[winner], row, count.known))
            else:
                predictions.append(Prediction(fault=fault))
        words = sum(count.total for count in encoded.counts)
        return Classified(encoded.batch, predictions, words, sum(count.known for count in encoded.counts))


@contextlib.contextmanager
def _quick_hand_over() -> Iterator[None]:
    """Have a thread that reads or writes give way at once when the network wants to go on.

    The network needs the interpreter a few times each millisecond. At Python's 5 ms it would wait for it most of the
    time, and two threads would be no faster than one; so they take 0.7 of the time.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0001)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
