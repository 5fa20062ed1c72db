"""Drift: what the model that serves said lately, against what it said of the rows it was tested on.

Those rows are of the data it was trained on, and it did not see them while it learnt. Its own predictions are compared,
not the true labels of the rows, since a network that takes many for one class does so without any drift.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.metrics.stability import Stability, compare
from app.statistics.totals import Totals
from app.statistics.window import MOST_CLASSES, WindowTotals
from model.manifest import Manifest

_NO_CLASSES = "The bundle does not say what its network predicted for its test rows."
_NO_UNKNOWN = "The bundle does not say how many words of its test rows its vocabulary lacks; it is of an older Tercet."
_OTHERS = "(other)"


@dataclass(frozen=True, slots=True)
class Drift:
    """Both comparisons, and what they are made of."""

    window: WindowTotals
    labels: Sequence[str]
    """One for each class of `window`."""
    classes: Stability
    class_shares: Sequence[float] | None
    """The reference's."""
    unknown_words: Stability
    unknown_share: float | None
    """The reference's."""


def drift(manifest: Manifest, version: int, totals: Totals, window_s: float) -> Drift:
    """Of `version`, the model with this manifest, in the last `window_s`."""
    window = totals.window(version, len(manifest.labels), window_s)
    texts = sum(window.classes)
    predicted, unknown = _predicted(manifest), _unknown_share(manifest)
    rows = sum(predicted) if predicted else _rows(manifest)
    shares = [count / rows for count in predicted] if predicted else None
    words = (window.known_words, window.unknown_words)
    return Drift(
        window,
        _labels(manifest),
        compare(shares, rows, window.classes, texts) if shares else Stability(None, None, _NO_CLASSES),
        shares,
        # A text's words come together, so that it is texts that chance deals out.
        Stability(None, None, _NO_UNKNOWN)
        if unknown is None or not rows
        else compare((1 - unknown, unknown), rows, words, texts),
        unknown,
    )


def _labels(manifest: Manifest) -> Sequence[str]:
    labels = manifest.labels
    return labels if len(labels) <= MOST_CLASSES else (*labels[: MOST_CLASSES - 1], _OTHERS)


def _predicted(manifest: Manifest) -> Sequence[int] | None:
    """Test rows by predicted class, the columns of the confusion matrix; None where the bundle has none that fits."""
    matrix, classes = manifest.metrics.get("confusion"), len(manifest.labels)
    if not isinstance(matrix, list) or not all(_is_counts(row, classes) for row in matrix):
        return None
    columns = [sum(column) for column in zip(*matrix, strict=True)]
    if not any(columns):
        return None
    return columns if classes <= MOST_CLASSES else [*columns[: MOST_CLASSES - 1], sum(columns[MOST_CLASSES - 1 :])]


def _is_counts(row: Any, classes: int) -> bool:
    return isinstance(row, list) and len(row) == classes and all(type(cell) is int and cell >= 0 for cell in row)


def _unknown_share(manifest: Manifest) -> float | None:
    share = manifest.metrics.get("unknown_share")
    return share if isinstance(share, float | int) and 0 <= share <= 1 else None


def _rows(manifest: Manifest) -> int:
    rows = manifest.metrics.get("rows")
    return rows if isinstance(rows, int) and rows > 0 else 0
