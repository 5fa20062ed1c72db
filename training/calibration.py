"""How far a classifier's confidence can be taken at its word: reliability by bins, and the error they sum up to.

Measures only; it does not correct the probabilities.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError

BINS = 15
"""Equal-width bins of confidence, as in Guo et al. 2017, "On Calibration of Modern Neural Networks",
arXiv:1706.04599, section 5."""


@dataclass(frozen=True)
class Reliability:
    """One entry a bin of confidence, bin m of M being (m/M, (m+1)/M] for m from 0; an empty bin's means are 0.0."""

    confidence: tuple[float, ...]
    """Mean probability of the predicted class."""
    accuracy: tuple[float, ...]
    """Share of the predictions that are right."""
    count: tuple[int, ...]
    """Rows in the bin."""

    @property
    def expected_calibration_error(self) -> float:
        """The mean over rows of |accuracy - confidence| of their bins, in [0, 1] (arXiv:1706.04599, equation 3)."""
        gaps = np.abs(np.subtract(self.accuracy, self.confidence))
        return float(np.average(gaps, weights=self.count))


def reliability(probabilities: NDArray[np.floating], targets: NDArray[np.int32], bins: int = BINS) -> Reliability:
    """Mean confidence and accuracy by bin, of `probabilities` (rows, classes) against `targets` (rows,).

    TrainingError where there are no rows: a mean over nothing is not a measurement.
    """
    if not len(targets):
        raise TrainingError("Calibration needs at least one row to measure on; the split given is empty")
    confidence = probabilities.max(axis=1)  # (rows,)
    right = probabilities.argmax(axis=1) == targets  # (rows,)
    # In the dtype of the confidences: a float32 of 1/15 lies above the float64 one, and would change bins.
    inner_edges = (np.arange(1, bins) / bins).astype(confidence.dtype)  # (bins - 1,)
    of_bin = np.digitize(confidence, inner_edges, right=True)  # (rows,)
    count = np.bincount(of_bin, minlength=bins)  # (bins,)
    rows = np.maximum(count, 1)
    return Reliability(
        confidence=tuple((np.bincount(of_bin, confidence, minlength=bins) / rows).tolist()),
        accuracy=tuple((np.bincount(of_bin, right, minlength=bins) / rows).tolist()),
        count=tuple(count.tolist()),
    )


def expected_calibration_error(
    probabilities: NDArray[np.floating], targets: NDArray[np.int32], bins: int = BINS
) -> float:
    """The error of `reliability` with the same arguments, in [0, 1]; 0 where confidence equals accuracy."""
    return reliability(probabilities, targets, bins).expected_calibration_error
