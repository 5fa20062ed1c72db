"""A histogram in cells of memory: how many values came up to each bound, how many above the last, and their sum."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


def cells_for(bounds: Sequence[float]) -> int:
    """How many cells a histogram takes."""
    return len(bounds) + 2


class Histogram:
    """The writer's side; `cells` are its own."""

    __slots__ = ("_bounds", "_cells", "_sum")

    def __init__(self, cells: "memoryview[float]", bounds: Sequence[float]) -> None:
        self._cells, self._bounds, self._sum = cells, bounds, len(bounds) + 1

    def observe(self, value: float) -> None:
        """Count `value` under the first bound that it does not pass."""
        cells = self._cells
        cells[bisect_left(self._bounds, value)] += 1
        cells[self._sum] += value


@dataclass(frozen=True, slots=True)
class HistogramTotals:
    """What several histograms of the same bounds have together."""

    counts: tuple[int, ...]
    """Up to each bound and above the one before it; last those above all."""
    sum: float


def added(histograms: Iterable[Sequence[float]]) -> HistogramTotals:
    """The totals of the cells of one histogram or more."""
    *counts, total = map(sum, zip(*histograms, strict=True))
    return HistogramTotals(tuple(map(int, counts)), total)
