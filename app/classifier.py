"""The asynchronous front of the network: texts in, class probabilities out, for many callers at a time.

Texts are encoded on the event loop; `app.batcher` runs them together with those of other callers.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app import exchange
from app.admission import Admission
from app.batcher import Batcher, Tokenized
from app.logs.texts import log_texts
from app.model_host import ModelHost, Serving
from app.stages import Stages
from app.statistics import Statistics
from model.encoder import TokenCounts

MOST_ROWS = 128
"""Texts of one request in the queue at a time: other callers take their turn in between."""
MOST_CHARACTERS = 1 << 16
"""Characters encoded at a stretch: a few milliseconds of the event loop."""


@dataclass(frozen=True, slots=True)
class Classification:
    """The answer to one request: row i of `probabilities` (texts, classes) float32 and `counts[i]` are of text i."""

    serving: Serving
    probabilities: NDArray[np.float32]
    counts: list[TokenCounts]
    best: list[int]
    """The most probable class of each text."""
    stages: Sequence[Stages] = ()
    """Of each part that went through the network, in order."""


class Classifier:
    """Admits texts up to a limit and classifies them with the model that serves when they come."""

    def __init__(self, models: ModelHost, batcher: Batcher, admission: Admission, statistics: Statistics) -> None:
        self._models, self._batcher = models, batcher
        self.log_texts = False
        """Whether the log shows them."""
        self._admission, self._statistics = admission, statistics

    def check_room(self) -> None:
        """Raises `QueueFullError` where any request would be refused, so that it need not be parsed."""
        self._admission.check()

    async def classify(
        self, texts: Sequence[str], *, wait_for_room: bool = False, counted: bool = True
    ) -> Classification:
        """All of `texts`, by one version of the model; `counted` among what was predicted.

        Raises `NotReadyError` without a model, and `QueueFullError` where the texts do not fit the queue, unless
        they wait until they do. A long list takes as much room as it has texts in the queue at a time.
        """
        if self.log_texts:
            log_texts(texts)
        limit = self._admission.limit
        if wait_for_room:
            room = min(len(texts), MOST_ROWS, max(1, limit // 2))
            await self._admission.wait(room)
        else:
            room = min(len(texts), MOST_ROWS, limit)
            self._admission.take(room)
        try:
            serving = self._models.serving()
            with self._statistics.request(len(texts)):
                return await self._run(serving, texts, counted=counted)
        finally:
            self._admission.release(room)

    async def _run(self, serving: Serving, texts: Sequence[str], *, counted: bool) -> Classification:
        rows: list[NDArray[np.float32]] = []
        counts: list[TokenCounts] = []
        best: list[int] = []
        stages: list[Stages] = []
        traced = exchange.traced()
        for part in _parts(texts):
            began = time.perf_counter()
            ids, part_counts = serving.bundle.encoder.encode(part)  # (part, sequence_length)
            tokenized = Tokenized(began, *_words(part_counts)) if counted else None
            ran = await self._batcher.run(serving, ids, tokenized)
            rows.append(ran.probabilities)
            best += ran.best
            counts += part_counts
            stages.append(Stages(began, ran.since, ran.began, ran.ended, len(part), ran.batch))
            if traced is not None:
                traced.worked(serving.name, serving.version, stages[-1])
        probabilities = rows[0] if len(rows) == 1 else np.concatenate(rows)  # (texts, classes)
        return Classification(serving, probabilities, counts, best, stages)


def _words(counts: Sequence[TokenCounts]) -> tuple[int, int]:
    """All words, and those that the vocabulary has."""
    if len(counts) == 1:
        return counts[0].total, counts[0].known
    return sum(count.total for count in counts), sum(count.known for count in counts)


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """`texts` in order, cut so that neither of the two limits is passed, but for a single text."""
    start = characters = 0
    for end, text in enumerate(texts):
        if end > start and (end - start == MOST_ROWS or characters + len(text) > MOST_CHARACTERS):
            yield texts[start:end]
            start, characters = end, 0
        characters += len(text)
    yield texts[start:]
