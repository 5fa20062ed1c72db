"""What was predicted lately: a ring of spans of time, of which the oldest is forgotten when a new one begins.

Each span belongs to one version of the model; what other versions said does not mix with it.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

SPANS: Final = 24
MOST_CLASSES: Final = 100
"""Of a model with more, the others are counted as one, the last of these."""
_SPAN, _VERSION, _KNOWN, _UNKNOWN, _CLASSES = range(5)
_CELLS: Final = _CLASSES + MOST_CLASSES
WINDOW_CELLS: Final = SPANS * _CELLS


@dataclass(frozen=True, slots=True)
class WindowTotals:
    """What one version of the model said in a window, in all processes."""

    classes: tuple[int, ...]
    """Texts by the class that was predicted, up to `MOST_CLASSES`."""
    known_words: int
    unknown_words: int


class Window:
    """The writer's side; `cells` are its own."""

    def __init__(self, cells: "memoryview[float]", length_s: float = 86_400.0) -> None:
        self._cells, self.length_s = cells, length_s
        self._version = 0
        self._at = 0
        self._ends = 0.0

    def begin(self, version: int) -> None:
        """From now on, `version` of the model is the one that serves."""
        self._version, self._ends = version, 0.0

    def add(self, tally: Iterable[tuple[int, int]], known: int, unknown: int) -> None:
        """So many texts of each of these classes were predicted, with so many words."""
        now = time.monotonic()
        if now >= self._ends:
            self._turn(now)
        cells, at = self._cells, self._at
        cells[at + _KNOWN] += known
        cells[at + _UNKNOWN] += unknown
        for index, texts in tally:
            cells[at + _CLASSES + min(index, MOST_CLASSES - 1)] += texts

    def _turn(self, now: float) -> None:
        """Go on in the span of `now`, emptied unless it is the one that was written to already."""
        span_s = self.length_s / SPANS
        span = int(now / span_s)
        self._at, self._ends = span % SPANS * _CELLS, (span + 1) * span_s
        cells, at = self._cells, self._at
        if (cells[at + _SPAN], cells[at + _VERSION]) != (span + 1, self._version):
            cells[at + _SPAN] = 0  # nobody reads it meanwhile
            for cell in range(at + _VERSION, at + _CELLS):
                cells[cell] = 0
            cells[at + _VERSION] = self._version
            cells[at + _SPAN] = span + 1


def added(windows: Iterable["memoryview[float]"], version: int, classes: int, length_s: float) -> WindowTotals:
    """What `version`, a model of so many `classes`, said in the `length_s` before now, in windows of that length."""
    last = int(time.monotonic() / (length_s / SPANS)) + 1
    spans = [span for cells in windows for span in _spans(cells.tolist(), version, range(last - SPANS + 1, last + 1))]
    total = [int(sum(column)) for column in zip([0.0] * _CELLS, *spans, strict=True)]
    return WindowTotals(tuple(total[_CLASSES:][: min(classes, MOST_CLASSES)]), total[_KNOWN], total[_UNKNOWN])


def _spans(cells: Sequence[float], version: int, recent: range) -> Iterator[Sequence[float]]:
    for at in range(0, WINDOW_CELLS, _CELLS):
        if cells[at + _VERSION] == version and cells[at + _SPAN] in recent:
            yield cells[at : at + _CELLS]
