"""What the service did, counted: each process writes to a row of its own, and the totals are added up over all rows.

Each row has one writer, the event loop of its process, and so there are no locks: a reader sees every counter whole,
though not all of them at one moment. Where there are several processes the rows lie in memory that all of them map,
and a process that takes the place of one that died goes on with its row. Nothing outlives the last process.
"""

import asyncio
import contextlib
import math
import mmap
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from app.statistics import memory as layout
from app.statistics.columns import (
    BATCH_TEXTS,
    BATCHES,
    BY_SIZE,
    COMPUTE_S,
    CONFIDENCE,
    CONNECTIONS,
    FAILED_SWAPS,
    FEEDBACK_AGREES,
    FEEDBACK_DIFFERS,
    KNOWN_WORDS,
    QUEUE_S,
    REFUSED,
    REQUESTS_ACCEPTED,
    REQUESTS_ANSWERED,
    REQUESTS_CANCELLED,
    REQUESTS_FAILED,
    SEEN_AT,
    SIZES,
    STARTS,
    SWAPS,
    TEXTS_ACCEPTED,
    TEXTS_ANSWERED,
    TEXTS_CANCELLED,
    TEXTS_FAILED,
    UNKNOWN_WORDS,
    VERSION,
)
from app.statistics.histogram import Histogram
from app.statistics.keyed import OTHER, Keyed
from app.statistics.totals import Totals, in_words
from app.statistics.window import MOST_CLASSES, Window


class Statistics:
    """The counters of this process, and the totals over all. Write from the event loop's thread alone."""

    def __init__(self, memory: mmap.mmap | bytearray | None = None, row: int = 0) -> None:
        """Take row `row` of `memory`; without a memory, one of its own with a single row.

        What was waiting when the row's last process died counts as failed: nobody will answer it any more.
        """
        self._table = layout.table(memoryview(bytearray(layout.ROW_BYTES) if memory is None else memory))
        self._row = self._table[row * layout.ROW : (row + 1) * layout.ROW]
        self._place = row
        self._begin()
        self._tokenizing, self._waiting, self._computing = (
            Histogram(layout.stage(self._row, number), layout.SECONDS) for number in range(3)
        )
        self._requests = Keyed(layout.requests(self._row), layout.REQUESTS)
        self._durations = Keyed(layout.durations(self._row), layout.DURATIONS)
        self._exchanges: dict[tuple[str, str, int], tuple[int, Histogram]] = {}
        self._labels = Keyed(layout.labels(self._row), layout.LABELS)
        self._serving: tuple[int, Sequence[int]] = 0, ()
        """The version that serves, and where its labels are counted."""
        self.window = Window(layout.window(self._row))

    def _begin(self) -> None:
        row = self._row
        for failed in (REQUESTS_FAILED, TEXTS_FAILED):
            answered, cancelled, accepted = failed - 1, failed + 1, failed + 2
            row[failed] = row[accepted] - row[answered] - row[cancelled]
        row[CONNECTIONS] = row[VERSION] = 0
        row[STARTS] += 1

    @classmethod
    def attached(cls, descriptor: int, row: int) -> "Statistics":
        """Row `row` of the memory that `shared_memory` made, by its file descriptor."""
        return cls(mmap.mmap(descriptor, 0), row)

    def requests(self) -> float:
        """Requests that this process was sent, admitted or not."""
        return self._row[REQUESTS_ACCEPTED] + self._row[REFUSED]

    def accepted(self, texts: int) -> None:
        """A request of so many texts was admitted."""
        self._row[REQUESTS_ACCEPTED] += 1
        self._row[TEXTS_ACCEPTED] += texts

    def refused(self) -> None:
        """A request did not fit the queue."""
        self._row[REFUSED] += 1

    def ran(self, texts: int, queue_s: float, compute_s: float) -> None:
        """A batch went through the network; `queue_s` is the sum of the times that its texts had waited."""
        row = self._row
        row[BATCHES] += 1
        row[BATCH_TEXTS] += texts
        row[QUEUE_S] += queue_s
        row[COMPUTE_S] += compute_s
        row[BY_SIZE + min((texts - 1).bit_length(), SIZES - 1)] += 1
        self._computing.observe(compute_s)

    def answered(self, texts: int) -> None:
        """An admitted request of so many texts has its answer."""
        self._row[REQUESTS_ANSWERED] += 1
        self._row[TEXTS_ANSWERED] += texts

    def failed(self, texts: int) -> None:
        """An admitted request of so many texts ended with an error."""
        self._row[REQUESTS_FAILED] += 1
        self._row[TEXTS_FAILED] += texts

    def cancelled(self, texts: int) -> None:
        """The caller of an admitted request of so many texts went away."""
        self._row[REQUESTS_CANCELLED] += 1
        self._row[TEXTS_CANCELLED] += texts

    @contextlib.contextmanager
    def request(self, texts: int) -> Iterator[None]:
        """Around an admitted request of so many texts: its beginning, and whichever end it comes to."""
        self.accepted(texts)
        try:
            yield
        except asyncio.CancelledError:
            self.cancelled(texts)
            raise
        except BaseException:
            self.failed(texts)
            raise
        self.answered(texts)

    def swapped(self) -> None:
        """Another version of the model took the place of the one that served."""
        self._row[SWAPS] += 1

    def swap_failed(self) -> None:
        """Another version was to take its place and could not be loaded."""
        self._row[FAILED_SWAPS] += 1

    def connected(self, connections: int | None) -> None:
        """So many connections are open in this process, and it takes more; None where it takes no more."""
        self._row[CONNECTIONS] = 0 if connections is None else connections + 1
        self._row[SEEN_AT] = time.monotonic()

    def fewest_elsewhere(self, silence_s: float) -> float:
        """Open connections of the other process that has the fewest; infinite where no other takes any.

        One that said nothing for `silence_s` is dead or stuck, and takes none.
        """
        since = time.monotonic() - silence_s
        seen_at = self._table[SEEN_AT :: layout.ROW]
        return min(
            (
                count - 1
                for row, count in enumerate(self._table[CONNECTIONS :: layout.ROW])
                if count and row != self._place and seen_at[row] > since
            ),
            default=math.inf,
        )

    def exchanged(self, route: str, method: str, status: int, duration_s: float) -> None:
        """A request was answered, of one of few routes, by one of few methods, with one of few statuses."""
        key = route, method, status
        offset, durations = self._exchanges.get(key) or self._enter(key)
        self._requests.cells[offset] += 1
        durations.observe(duration_s)

    def refused_head(self, route: str, method: str, status: int) -> None:
        """What never became a request was answered; it is counted with them, and has no duration."""
        offset, _ = self._exchanges.get((route, method, status)) or self._enter((route, method, status))
        self._requests.cells[offset] += 1

    def _enter(self, key: tuple[str, str, int]) -> tuple[int, Histogram]:
        route, method, status = key
        offset = self._requests.offset(f"{status} {method} {route}".encode())
        cells = self._durations.cells[self._durations.offset(route.encode()) :][: layout.DURATIONS.values]
        entry = self._exchanges[key] = offset, Histogram(cells, layout.DURATION_SECONDS)
        return entry

    def staged(self, tokenize_s: float, queue_s: float) -> None:
        """Texts of one caller were tokenized, and waited for their run of the network."""
        self._tokenizing.observe(tokenize_s)
        self._waiting.observe(queue_s)

    def serves(self, version: int, labels: Sequence[str]) -> None:
        """`version` of the model, which has these labels, is the one that this process serves."""
        self._serving = version, self._offsets(labels)
        self._row[VERSION] = version
        self.window.begin(version)

    def _offsets(self, labels: Sequence[str]) -> Sequence[int]:
        """Where each label is counted; those beyond the first `MOST_CLASSES` as others."""
        named = [self._labels.offset(label.encode("utf-8", "replace")) for label in labels[: MOST_CLASSES - 1]]
        rest = len(labels) - len(named)
        if rest == 1:
            named.append(self._labels.offset(labels[-1].encode("utf-8", "replace")))
        elif rest:
            named += [self._labels.offset(OTHER)] * rest
        return named

    def predicted(
        self, version: int, labels: Sequence[str], best: Sequence[int], confidence: float, known: int, words: int
    ) -> None:
        """Texts were classified by `version`: the class of each, the sum of their probabilities, and their words."""
        serving, offsets = self._serving
        tally = ((best[0], 1),) if len(best) == 1 else Counter(best).items()
        row, cells, unknown = self._row, self._labels.cells, words - known
        row[KNOWN_WORDS] += known
        row[UNKNOWN_WORDS] += unknown
        row[CONFIDENCE] += confidence
        if version == serving:
            self.window.add(tally, known, unknown)
        else:  # of the version before, which answers what it began
            offsets = self._offsets(labels)
        for index, texts in tally:
            cells[offsets[index]] += texts

    def corrected(self, *, agrees: bool) -> None:
        """Somebody said which label a text has; whether the model that serves says so too."""
        self._row[FEEDBACK_AGREES if agrees else FEEDBACK_DIFFERS] += 1

    def read(self) -> Totals:
        """The sums over all processes."""
        return Totals([*layout.rows(self._table)])

    def totals(self) -> dict[str, Any]:
        """The same, and what follows from them, in the form of `app.schemas.StatisticsTotals`."""
        return in_words(self.read())
