"""The sums over all processes, by name, and the form in which `GET /statistics` gives them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from app.statistics import histogram, keyed
from app.statistics import memory as layout
from app.statistics import window as windows
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
    REQUESTS_ANSWERED,
    SIZES,
    STARTS,
    SWAPS,
    TEXTS_ANSWERED,
    UNKNOWN_WORDS,
    VERSION,
)
from app.statistics.histogram import HistogramTotals
from app.statistics.window import WindowTotals


class Totals:
    """What the rows of all processes say now."""

    def __init__(self, rows: Sequence[layout.Cells]) -> None:
        self._rows = rows
        self._heads = [row[: layout.HEAD].tolist() for row in rows]
        self.sums: list[float] = [sum(column) for column in zip(*self._heads, strict=True)]
        """By column."""

    @property
    def processes(self) -> int:
        """How many there should be."""
        return len(self._rows)

    @property
    def restarts(self) -> int:
        """How often one took the place of one that died."""
        return sum(max(0, int(head[STARTS]) - 1) for head in self._heads)

    @property
    def connections(self) -> int:
        """Open ones, of the processes that take any."""
        return sum(int(max(0, head[CONNECTIONS] - 1)) for head in self._heads)

    @property
    def versions(self) -> list[int]:
        """Of the model, each that a process serves."""
        return sorted({int(head[VERSION]) for head in self._heads} - {0})

    @property
    def batches_by_size(self) -> HistogramTotals:
        """With the bounds 1, 2, 4, … 1,024."""
        return HistogramTotals(tuple(map(int, self.sums[BY_SIZE : BY_SIZE + SIZES])), self.sums[BATCH_TEXTS])

    def stages(self) -> Sequence[HistogramTotals]:
        """Seconds of tokenizing, waiting and computing."""
        return [histogram.added([layout.stage(row, number).tolist() for row in self._rows]) for number in range(3)]

    def requests(self) -> dict[tuple[str, str, str], int]:
        """How many by route, method and status."""
        total: Counter[tuple[str, str, str]] = Counter()
        for key, (count,) in self._keyed(layout.requests, layout.REQUESTS):
            total[_split(key)] += int(count)
        return dict(total)

    def durations(self) -> dict[str, HistogramTotals]:
        """Seconds by route."""
        found: dict[bytes, list[Sequence[float]]] = {}
        for key, cells in self._keyed(layout.durations, layout.DURATIONS):
            found.setdefault(key, []).append(cells)
        return {_text(key): histogram.added(cells) for key, cells in found.items()}

    def labels(self) -> dict[str, int]:
        """Texts by the label that was predicted, by any version."""
        total: Counter[str] = Counter()
        for key, (count,) in self._keyed(layout.labels, layout.LABELS):
            total[_text(key)] += int(count)
        return dict(total)

    def window(self, version: int, classes: int, length_s: float) -> WindowTotals:
        """What `version` of the model said lately."""
        return windows.added((layout.window(row) for row in self._rows), version, classes, length_s)

    def _keyed(self, part: Any, form: keyed.KeyedForm) -> Iterable[tuple[bytes, list[float]]]:
        return (entry for row in self._rows for entry in keyed.read(part(row), form))


def in_words(totals: Totals) -> dict[str, Any]:
    """The form of `app.schemas.StatisticsTotals`."""
    sums = totals.sums
    batches, texts = int(sums[BATCHES]), int(sums[BATCH_TEXTS])
    return {
        "processes": {"count": totals.processes, "restarts": totals.restarts},
        "models": {"swaps": int(sums[SWAPS]), "failed_swaps": int(sums[FAILED_SWAPS])},
        "requests": _ends(sums, REQUESTS_ANSWERED) | {"refused": int(sums[REFUSED])},
        "texts": _ends(sums, TEXTS_ANSWERED),
        "batches": {
            "count": batches,
            "texts": texts,
            "by_size": {str(1 << size): int(sums[BY_SIZE + size]) for size in range(SIZES)},
        },
        "queue_s": {"total": sums[QUEUE_S], "mean_per_text": _mean(sums[QUEUE_S], texts)},
        "compute_s": {
            "total": sums[COMPUTE_S],
            "mean_per_batch": _mean(sums[COMPUTE_S], batches),
            "mean_per_text": _mean(sums[COMPUTE_S], texts),
        },
        "predictions": _predictions(totals),
        "feedback": _feedback(int(sums[FEEDBACK_AGREES]), int(sums[FEEDBACK_DIFFERS])),
    }


def _predictions(totals: Totals) -> dict[str, Any]:
    labels = {label: count for label, count in totals.labels().items() if count}
    known, unknown = int(totals.sums[KNOWN_WORDS]), int(totals.sums[UNKNOWN_WORDS])
    return {
        "by_label": labels,
        "mean_confidence": _mean(totals.sums[CONFIDENCE], sum(labels.values())),
        "words": known + unknown,
        "unknown_share": _mean(unknown, known + unknown),
    }


def _feedback(agrees: int, differs: int) -> dict[str, Any]:
    return {"agrees": agrees, "differs": differs, "accuracy": _mean(agrees, agrees + differs)}


def _ends(sums: Sequence[float], first: int) -> dict[str, int]:
    answered, failed, cancelled, accepted = (int(value) for value in sums[first : first + 4])
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


def _split(key: bytes) -> tuple[str, str, str]:
    """Route, method and status; the one of what found no room has none of them."""
    if key == keyed.OTHER:
        other = _text(key)
        return other, other, other
    status, method, route = _text(key).split(" ", 2)
    return route, method, status


def _text(key: bytes) -> str:
    return key.decode("utf-8", "replace")
