"""The asynchronous front of the network: texts in, class probabilities out, for many callers at a time.

Texts are encoded on the event loop and run in one inference thread. A faster engine takes the place of
`Serving.engine`; gathering the texts of several callers into one run takes the place of `_run`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from app.background_thread import BackgroundThread
from app.errors import QueueFullError
from app.model_host import ModelHost, Serving
from model.encoder import TokenCounts

MOST_ROWS = 256
"""Texts a run: other callers take their turn in between."""
MOST_CHARACTERS = 1 << 16
"""Characters encoded at a stretch: a few milliseconds of the event loop."""


@dataclass(frozen=True, slots=True)
class Classification:
    """The answer to one request: row i of `probabilities` (texts, classes) float32 and `counts[i]` are of text i."""

    serving: Serving
    probabilities: NDArray[np.float32]
    counts: list[TokenCounts]


class Classifier:
    """Admits texts up to a limit and classifies them with the model that serves when they come."""

    def __init__(self, models: ModelHost, inference: BackgroundThread, queue_limit: int) -> None:
        self._models, self._inference, self._queue_limit = models, inference, queue_limit
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Texts admitted and not yet answered."""
        return self._waiting

    async def classify(self, texts: Sequence[str]) -> Classification:
        """All of `texts`, by one version of the model.

        Raises `NotReadyError` without a model, and `QueueFullError` where the texts would not fit the queue.
        """
        serving = self._models.serving()
        if self._waiting + len(texts) > self._queue_limit:
            raise QueueFullError(
                f"{self._waiting:,} texts are waiting and the limit is {self._queue_limit:,} (TERCET_QUEUE_LIMIT). "
                "Try again shortly."
            )
        self._waiting += len(texts)
        try:
            return await self._run(serving, texts)
        finally:
            self._waiting -= len(texts)

    async def _run(self, serving: Serving, texts: Sequence[str]) -> Classification:
        rows: list[NDArray[np.float32]] = []
        counts: list[TokenCounts] = []
        for part in _parts(texts):
            ids, part_counts = serving.bundle.encoder.encode(part)  # (part, sequence_length)
            rows.append(await self._inference.run(partial(serving.engine.probabilities, ids)))
            counts += part_counts
        return Classification(serving, np.concatenate(rows), counts)  # (texts, classes)


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """`texts` in order, cut so that neither of the two limits is passed, but for a single text."""
    start = characters = 0
    for end, text in enumerate(texts):
        if end > start and (end - start == MOST_ROWS or characters + len(text) > MOST_CHARACTERS):
            yield texts[start:end]
            start, characters = end, 0
        characters += len(text)
    yield texts[start:]
