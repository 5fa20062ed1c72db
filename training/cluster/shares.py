"""Which rows of a batch are whose, where several workers compute a step of the fit together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Place:
    """A worker's among those that learn."""

    rank: int
    """From 0; that worker tells the others' news."""
    workers: int

    def share(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Its contiguous part of a batch's `rows`, and the weight of each.

        Where there are fewer rows than workers, one that has none gets the first with no weight: its step is then
        as the others', and adds nothing.
        """
        part = np.array_split(rows, self.workers)[self.rank]
        if len(part):
            return part, np.ones(len(part), np.float32)
        return rows[:1], np.zeros(1, np.float32)
