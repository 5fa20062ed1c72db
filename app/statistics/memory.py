"""The memory that processes share, and how it is divided: a row of doubles a process, and parts of a row.

Every part begins on a cache line of its own, so that no two processes write to the same one.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Final, TypeAlias

from app.statistics.histogram import cells_for
from app.statistics.keyed import KeyedForm
from app.statistics.window import WINDOW_CELLS

Cells: TypeAlias = "memoryview[float]"

SECONDS: Final = (5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Bounds of what a stage of a prediction takes: 20 µs for a short text's words, milliseconds for a run."""
DURATION_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Bounds of what a request takes."""

REQUESTS: Final = KeyedForm(slots=512, values=1, cells=16)
"""How many by route, method and status."""
DURATIONS: Final = KeyedForm(slots=128, values=cells_for(DURATION_SECONDS), cells=32)
"""A histogram by route."""
LABELS: Final = KeyedForm(slots=128, values=1, cells=16)
"""Texts by the label that was predicted."""

HEAD: Final = 64
"""Counters that there is one of."""
STAGES: Final = HEAD
_STAGE_CELLS: Final = cells_for(SECONDS)
"""Of each of the three histograms: tokenizing, waiting, computing."""
_REQUESTS_AT: Final = STAGES + 3 * _STAGE_CELLS
_DURATIONS_AT: Final = _REQUESTS_AT + REQUESTS.size
_LABELS_AT: Final = _DURATIONS_AT + DURATIONS.size
_WINDOW_AT: Final = _LABELS_AT + LABELS.size
ROW: Final = _WINDOW_AT + WINDOW_CELLS
ROW_BYTES: Final = 8 * ROW


def table(memory: "memoryview[int]") -> Cells:
    """The doubles in `memory`."""
    return memory.cast("d")  # (rows * ROW,)


def rows(cells: Cells) -> Iterator[Cells]:
    """Each row of a table."""
    return (cells[start : start + ROW] for start in range(0, len(cells), ROW))


def stage(row: Cells, number: int) -> Cells:
    """The histogram of a stage: 0 tokenizing, 1 waiting, 2 computing."""
    start = STAGES + number * _STAGE_CELLS
    return row[start : start + _STAGE_CELLS]


def requests(row: Cells) -> Cells:
    """The table of the form `REQUESTS`."""
    return row[_REQUESTS_AT:_DURATIONS_AT]


def durations(row: Cells) -> Cells:
    """The table of the form `DURATIONS`."""
    return row[_DURATIONS_AT:_LABELS_AT]


def labels(row: Cells) -> Cells:
    """The table of the form `LABELS`."""
    return row[_LABELS_AT:_WINDOW_AT]


def window(row: Cells) -> Cells:
    """The cells of the sliding window."""
    return row[_WINDOW_AT:]


def shared_memory(processes: int) -> int:
    """A file descriptor of zeroed memory for so many processes, which has no name on any disk."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("statistics")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.truncate(descriptor, processes * ROW_BYTES)
    return descriptor
