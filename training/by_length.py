"""How good a classifier is on short and on long texts, with the baseline beside it."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.comparison import row_losses

MOST_BINS = 6
LEAST_ROWS = 30
"""A bin of fewer says little: 30 rows of which four in five are told right may as well be 65 or 94 %."""


@dataclass(frozen=True, slots=True)
class LengthBin:
    """The texts of `shortest` to `longest` tokens (before truncation); log losses in nats, accuracies in [0, 1]."""

    shortest: int
    longest: int
    rows: int
    accuracy: float
    log_loss: float
    baseline_accuracy: float
    baseline_log_loss: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure_by_length(
    lengths: NDArray[np.integer],
    targets: NDArray[np.int32],
    probabilities: NDArray[np.floating],
    baseline: NDArray[np.floating],
) -> tuple[LengthBin, ...]:
    """The bins, shortest texts first, each with about as many rows; both probabilities are (rows, classes).

    Texts of one length share a bin, so that there may be fewer bins than `MOST_BINS`. None where there are no rows.
    """
    if not len(lengths):
        return ()
    bins = max(1, min(MOST_BINS, len(lengths) // LEAST_ROWS))
    inner = np.quantile(lengths, np.arange(1, bins) / bins, method="inverted_cdf")  # (bins - 1,), lengths that occur
    of_bin = np.searchsorted(np.unique(inner), lengths)  # (rows,), a length that is an edge is in the bin below
    return tuple(
        _measure(lengths[rows], targets[rows], probabilities[rows], baseline[rows])
        for rows in (np.flatnonzero(of_bin == number) for number in np.unique(of_bin))
    )


def _measure(
    lengths: NDArray[np.integer],
    targets: NDArray[np.int32],
    probabilities: NDArray[np.floating],
    baseline: NDArray[np.floating],
) -> LengthBin:
    (accuracy, loss), (their_accuracy, their_loss) = (
        (float((each.argmax(axis=1) == targets).mean()), float(row_losses(each, targets).mean()))
        for each in (probabilities, baseline)
    )
    return LengthBin(
        int(lengths.min()), int(lengths.max()), len(targets), accuracy, loss, their_accuracy, their_loss
    )  # fmt: skip
