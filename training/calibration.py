"""How far a classifier's confidence can be taken at its word: reliability by bins, the error they sum up to, and the
temperature that mends most of it.

The network applies the temperature (`model.wide.Temperature`); here it is found and measured.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from training.errors import TrainingError

BINS = 15
"""Equal-width bins of confidence, as in Guo et al. 2017, "On Calibration of Modern Neural Networks",
arXiv:1706.04599, section 5."""

TEMPERATURES = (0.25, 16.0)
"""The least and the greatest temperature that is looked for: a few rows that are all told right would ask for 0."""


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


def fit_temperature(logits: NDArray[np.floating], targets: NDArray[np.int32]) -> float:
    """The T > 0 at which softmax(logits / T) has the least log loss, of `logits` (rows, classes), `targets` (rows,).

    Temperature scaling (arXiv:1706.04599, section 4.2). The loss is convex in 1/T, so it has one valley in log T too,
    in which the search is done, within `TEMPERATURES`. Logits may be log-probabilities. Deterministic.
    TrainingError where there are no rows, or logits are not finite.
    """
    if not len(targets):
        raise TrainingError("A temperature needs at least one row to be fitted on; the split given is empty")
    if not np.isfinite(logits).all():
        raise TrainingError("The logits are not finite numbers: the training diverged. Lower the learning rate")
    exact = logits.astype(np.float64)
    rows = np.arange(len(targets))

    def loss(log_temperature: float) -> float:
        return -float(log_softmax(exact / math.exp(log_temperature), axis=1)[rows, targets].mean())

    bounds = tuple(math.log(temperature) for temperature in TEMPERATURES)
    return math.exp(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6}).x)


@dataclass(frozen=True)
class Calibration:
    """What the temperature, which was fitted on other rows, does for the rows that it is measured on."""

    temperature: float
    before: Reliability
    """At temperature 1."""
    after: Reliability
    log_loss_before: float
    """In nats."""
    log_loss_after: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON, the errors beside their bins."""
        errors = {
            f"expected_calibration_error_{name}": each.expected_calibration_error
            for name, each in (("before", self.before), ("after", self.after))
        }
        return asdict(self) | errors


def measure_calibration(
    probabilities: NDArray[np.floating], targets: NDArray[np.int32], temperature: float
) -> Calibration:
    """Of `probabilities` (rows, classes) at `temperature` against `targets` (rows,).

    Those before it follow from them: softmax(z / T) to the power of T is softmax(z) but for a factor a row.
    TrainingError where there are no rows.
    """
    tiny = np.finfo(probabilities.dtype).tiny
    before = softmax(temperature * np.log(np.maximum(probabilities, tiny).astype(np.float64)), axis=1)
    (first, loss_before), (second, loss_after) = (
        (reliability(each, targets), _log_loss(each, targets)) for each in (before, probabilities)
    )
    return Calibration(temperature, first, second, loss_before, loss_after)


def _log_loss(probabilities: NDArray[np.floating], targets: NDArray[np.int32]) -> float:
    of_truth = probabilities[np.arange(len(targets)), targets].astype(np.float64)  # (rows,)
    return float(-np.log(np.maximum(of_truth, np.finfo(probabilities.dtype).eps)).mean())
