"""Counters of what the service did: a row of doubles a process, added up over all processes.

Each row has one writer, the event loop of its process, and so there are no locks: a reader sees every counter whole,
though not all of them at one moment. Where there are several processes the rows lie in memory that all of them map,
and a process that takes the place of one that died goes on with its row. Nothing outlives the last process.
"""

import asyncio
import contextlib
import math
import mmap
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any

_STARTS, _REFUSED, _BATCHES, _BATCH_TEXTS, _QUEUE_S, _COMPUTE_S = range(6)
# The ends before what was accepted, since a reader goes from left to right: none has more ends than beginnings.
_REQUESTS_ANSWERED, _REQUESTS_FAILED, _REQUESTS_CANCELLED, _REQUESTS_ACCEPTED = range(6, 10)
_TEXTS_ANSWERED, _TEXTS_FAILED, _TEXTS_CANCELLED, _TEXTS_ACCEPTED = range(10, 14)
_BY_SIZE = 14
_SIZES = 12
"""Sizes of batches up to 1, 2, 4, … 2,048 texts; the last takes the larger ones as well."""
_CONNECTIONS = _BY_SIZE + _SIZES
"""Open connections and one more; 0 where no further ones are taken."""
_SEEN_AT = _CONNECTIONS + 1
"""When that was written, by the clock that all processes of a machine share."""
_SWAPS, _FAILED_SWAPS = _SEEN_AT + 1, _SEEN_AT + 2
_COLUMNS = 32
"""Four cache lines, so that no two processes write to the same one."""
_ROW_BYTES = 8 * _COLUMNS


class Statistics:
    """The counters of this process, and the totals over all. Write from the event loop's thread alone."""

    def __init__(self, memory: mmap.mmap | bytearray | None = None, row: int = 0) -> None:
        """Take row `row` of `memory`; without a memory, one of its own with a single row.

        What was waiting when the row's last process died counts as failed: nobody will answer it any more.
        """
        whole = memoryview(bytearray(_ROW_BYTES) if memory is None else memory)
        self._table: memoryview[float] = whole.cast("d")  # (rows * columns,)
        self._row = self._table[row * _COLUMNS : (row + 1) * _COLUMNS]
        self._place = row
        for failed in (_REQUESTS_FAILED, _TEXTS_FAILED):
            answered, cancelled, accepted = failed - 1, failed + 1, failed + 2
            self._row[failed] = self._row[accepted] - self._row[answered] - self._row[cancelled]
        self._row[_CONNECTIONS] = 0
        self._row[_STARTS] += 1

    @classmethod
    def attached(cls, descriptor: int, row: int) -> "Statistics":
        """Row `row` of the memory that `shared_memory` made, by its file descriptor."""
        return cls(mmap.mmap(descriptor, 0), row)

    def requests(self) -> float:
        """Requests that this process was sent, admitted or not."""
        return self._row[_REQUESTS_ACCEPTED] + self._row[_REFUSED]

    def accepted(self, texts: int) -> None:
        """A request of so many texts was admitted."""
        self._row[_REQUESTS_ACCEPTED] += 1
        self._row[_TEXTS_ACCEPTED] += texts

    def refused(self) -> None:
        """A request did not fit the queue."""
        self._row[_REFUSED] += 1

    def ran(self, texts: int, queue_s: float, compute_s: float) -> None:
        """A batch went through the network; `queue_s` is the sum of the times that its texts had waited."""
        row = self._row
        row[_BATCHES] += 1
        row[_BATCH_TEXTS] += texts
        row[_QUEUE_S] += queue_s
        row[_COMPUTE_S] += compute_s
        row[_BY_SIZE + min((texts - 1).bit_length(), _SIZES - 1)] += 1

    def answered(self, texts: int) -> None:
        """An admitted request of so many texts has its answer."""
        self._row[_REQUESTS_ANSWERED] += 1
        self._row[_TEXTS_ANSWERED] += texts

    def failed(self, texts: int) -> None:
        """An admitted request of so many texts ended with an error."""
        self._row[_REQUESTS_FAILED] += 1
        self._row[_TEXTS_FAILED] += texts

    def cancelled(self, texts: int) -> None:
        """The caller of an admitted request of so many texts went away."""
        self._row[_REQUESTS_CANCELLED] += 1
        self._row[_TEXTS_CANCELLED] += texts

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
        self._row[_SWAPS] += 1

    def swap_failed(self) -> None:
        """Another version was to take its place and could not be loaded."""
        self._row[_FAILED_SWAPS] += 1

    def connected(self, connections: int | None) -> None:
        """So many connections are open in this process, and it takes more; None where it takes no more."""
        self._row[_CONNECTIONS] = 0 if connections is None else connections + 1
        self._row[_SEEN_AT] = time.monotonic()

    def fewest_elsewhere(self, silence_s: float) -> float:
        """Open connections of the other process that has the fewest; infinite where no other takes any.

        One that said nothing for `silence_s` is dead or stuck, and takes none.
        """
        since = time.monotonic() - silence_s
        seen_at = self._table[_SEEN_AT::_COLUMNS]
        return min(
            (
                count - 1
                for row, count in enumerate(self._table[_CONNECTIONS::_COLUMNS])
                if count and row != self._place and seen_at[row] > since
            ),
            default=math.inf,
        )

    def totals(self) -> dict[str, Any]:
        """The sums over all processes and what follows from them, in the form of `app.schemas.StatisticsTotals`."""
        cells = self._table.tolist()
        processes = len(cells) // _COLUMNS
        total = [sum(cells[column::_COLUMNS]) for column in range(_COLUMNS)]
        batches, texts = int(total[_BATCHES]), int(total[_BATCH_TEXTS])
        restarts = sum(max(0, int(starts) - 1) for starts in cells[_STARTS::_COLUMNS])
        return {
            "processes": {"count": processes, "restarts": restarts},
            "models": {"swaps": int(total[_SWAPS]), "failed_swaps": int(total[_FAILED_SWAPS])},
            "requests": _ends(total, _REQUESTS_ANSWERED) | {"refused": int(total[_REFUSED])},
            "texts": _ends(total, _TEXTS_ANSWERED),
            "batches": {
                "count": batches,
                "texts": texts,
                "by_size": {str(1 << size): int(total[_BY_SIZE + size]) for size in range(_SIZES)},
            },
            "queue_s": {"total": total[_QUEUE_S], "mean_per_text": _mean(total[_QUEUE_S], texts)},
            "compute_s": {
                "total": total[_COMPUTE_S],
                "mean_per_batch": _mean(total[_COMPUTE_S], batches),
                "mean_per_text": _mean(total[_COMPUTE_S], texts),
            },
        }


def shared_memory(rows: int) -> int:
    """A file descriptor of zeroed memory for so many processes, which has no name on any disk."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("statistics")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.truncate(descriptor, rows * _ROW_BYTES)
    return descriptor


def _ends(total: Sequence[float], first: int) -> dict[str, int]:
    answered, failed, cancelled, accepted = (int(value) for value in total[first : first + 4])
    waiting = accepted - answered - failed - cancelled
    return {
        "accepted": accepted,
        "answered": answered,
        "failed": failed,
        "cancelled": cancelled,
        "waiting": waiting,
    }


def _mean(total: float, count: int) -> float | None:
    return total / count if count else None
