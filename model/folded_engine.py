"""The folded network in TensorFlow: texts in any number, run in the batch sizes that cost the least.

Built from `model.folding.Folded`; the graphs, which versions of a model share, are `model.folded_graph`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.folded_graph import Ids, Run, graphs, place
from model.folding import Folded

BATCH_SIZES = (1, 4, 16, 64)
"""Every size costs half a second and some 7 MB to compile; sizes in between gain little beside `plan`."""
_CALL_COST = 4
"""What a call costs beside its texts, in texts: measured on CPU."""


class FoldedEngine:
    """Answers from an uncompiled graph at once, and from compiled ones as soon as they are there."""

    best_batch = 2 * BATCH_SIZES[-1]
    inline_rows = 0

    def __init__(self, folded: Folded, sequence_length: int, device: str = "CPU:0") -> None:
        """`device` is TensorFlow's name, such as GPU:0; the weights live there too."""
        self._length, self._device = sequence_length, device
        form, self._weights = place(folded, sequence_length, device)
        self._graphs = graphs(form, device)
        self._compiled: dict[int, Run] = {}
        self._plan = plan(BATCH_SIZES, _CALL_COST)

    def probabilities(self, ids: Ids) -> NDArray[np.float32]:
        """See `model.engine.Engine.probabilities`."""
        rows = len(ids)
        if not self._compiled or not rows:
            return self._graphs.uncompiled(self._weights, ids)
        if rows in self._compiled:
            return self._compiled[rows](self._weights, ids)
        parts, start = [], 0
        while start < rows:
            size = self._plan[min(rows - start, BATCH_SIZES[-1])]
            parts.append(self._padded(ids[start : start + size], size))
            start += size
        return np.concatenate(parts)  # (rows, classes)

    def compile(self) -> None:
        """Compile the graph for each batch size with XLA, unless that was done for another network of this form."""
        self._compiled = self._graphs.compiled(BATCH_SIZES, self._weights)
        if self._device.startswith("CPU"):
            self.inline_rows = BATCH_SIZES[1]

    def _padded(self, ids: Ids, size: int) -> NDArray[np.float32]:
        rows = len(ids)
        if rows < size:
            ids = np.concatenate([ids, np.zeros((size - rows, self._length), dtype=np.int32)])  # (size, length)
        return self._compiled[size](self._weights, ids)[:rows]  # (rows, classes)


def plan(sizes: Sequence[int], call_cost: int) -> list[int]:
    """The size to run first for each number of rows up to the largest size, so that all rows cost the least.

    A run costs `call_cost` and its size, padding included; the rest is planned in turn. Entry 0 means nothing.
    """
    costs, first = [0], [0]
    for rows in range(1, sizes[-1] + 1):
        cost, size = min((call_cost + size + costs[max(rows - size, 0)], size) for size in sizes)
        costs.append(cost)
        first.append(size)
    return first
