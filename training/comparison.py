"""Champion and challenger on the same held-out rows: is the new version better, or was it chance?

Takes the probabilities of both; it neither runs a network nor promotes anything (`training.champion`,
`training.promotion`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from training.evaluation import Evaluation, evaluate

RESAMPLES = 10_000
CONFIDENCE = 0.95
_SEED = 0
_CHUNK_DRAWS = 1 << 21
"""Rows drawn at a time: 16 MB of row numbers."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two on the rows. `version` is None of the challenger, which has no number yet."""

    version: int | None
    log_loss: float
    accuracy: float
    expected_calibration_error: float


@dataclass(frozen=True, slots=True)
class McNemar:
    """Rows that only one of the two gets right, and the probability of so uneven a share if both are as good.

    The exact test of McNemar 1947 (Psychometrika 12), which Dietterich 1998 (Neural Computation 10) recommends for
    two classifiers that were trained once: under the null hypothesis each such row is a toss of a fair coin.
    """

    only_champion_right: int
    only_challenger_right: int
    p_value: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both on `rows` rows. `log_loss_difference` is the challenger's minus the champion's, in nats."""

    champion: Side
    challenger: Side
    rows: int
    log_loss_difference: float
    interval: tuple[float, float]
    """Of the difference, 95 %, by a paired bootstrap of the rows."""
    mcnemar: McNemar
    caveat: str | None = None
    """Why the champion may look better than it is."""

    @property
    def better(self) -> bool:
        """Whether the challenger's log loss is lower, and the interval says that it is not by chance."""
        return self.log_loss_difference < 0 and self.interval[1] < 0

    @property
    def verdict(self) -> str:
        """The comparison in one sentence."""
        low, high = self.interval
        if self.better:
            outcome = f"It is better than version {self.champion.version}"
        elif low > 0:
            outcome = f"It is worse than version {self.champion.version}"
        else:
            outcome = f"It is neither better nor worse than version {self.champion.version} beyond chance"
        return (
            f"{outcome}: on {self.rows:,} held-out rows its log loss is {self.challenger.log_loss:.3f} against "
            f"{self.champion.log_loss:.3f}, a difference of {self.log_loss_difference:+.3f} "
            f"(95 % interval {low:+.3f} to {high:+.3f})."
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"interval": [*self.interval], "better": self.better, "verdict": self.verdict}


class Why(StrEnum):
    """Why there is nothing to compare."""

    LABELS = "labels"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class Uncompared:
    """A champion that the challenger cannot be compared with; `champion` is None where it is not even known."""

    champion: int | None
    why: Why
    reason: str
    """One sentence."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"why": self.why.value}


def compare(
    champion: NDArray[np.floating],
    challenger: NDArray[np.floating],
    targets: NDArray[np.int32],
    labels: Sequence[str],
    *,
    version: int,
    caveat: str | None = None,
) -> Comparison:
    """Compare probabilities (rows, classes) on `targets` (rows,); `version` is the champion's.

    Raises `TrainingError` where there are no rows or probabilities are not finite.
    """
    ours, theirs = evaluate(challenger, targets, labels), evaluate(champion, targets, labels)
    differences = row_losses(challenger, targets) - row_losses(champion, targets)  # (rows,)
    return Comparison(
        champion=_side(version, theirs),
        challenger=_side(None, ours),
        rows=len(targets),
        log_loss_difference=float(differences.mean()),
        interval=bootstrap_interval(differences),
        mcnemar=mcnemar(champion.argmax(axis=1) == targets, challenger.argmax(axis=1) == targets),
        caveat=caveat,
    )


def row_losses(probabilities: NDArray[np.floating], targets: NDArray[np.int32]) -> NDArray[np.float64]:
    """(rows,) negative logarithm of the true class's probability; their mean is scikit-learn's `log_loss`."""
    exact = probabilities / probabilities.sum(axis=1, keepdims=True)
    of_truth = exact[np.arange(len(targets)), targets]  # (rows,)
    losses: NDArray[np.float64] = -np.log(np.maximum(of_truth, np.finfo(probabilities.dtype).eps).astype(np.float64))
    return losses


def bootstrap_interval(differences: NDArray[np.float64], resamples: int = RESAMPLES) -> tuple[float, float]:
    """The 95 % percentile interval of the mean of `differences` (rows,), the rows drawn with replacement.

    Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3; paired, since both classifiers are
    measured on the same drawn rows (Koehn 2004, W04-3250). Draws in parts, so that memory does not grow with rows;
    the same differences give the same interval.
    """
    random, rows = np.random.default_rng(_SEED), len(differences)
    at_once = max(1, _CHUNK_DRAWS // rows)
    means = [
        differences[random.integers(0, rows, (min(at_once, resamples - start), rows))].mean(axis=1)  # (resamples,)
        for start in range(0, resamples, at_once)
    ]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(np.concatenate(means), (tail, 1 - tail))
    return float(low), float(high)


def mcnemar(champion_right: NDArray[np.bool_], challenger_right: NDArray[np.bool_]) -> McNemar:
    """The exact, two-sided test; both arguments are (rows,). Without a row that tells them apart, p is 1."""
    only_champion = int((champion_right & ~challenger_right).sum())
    only_challenger = int((challenger_right & ~champion_right).sum())
    discordant = only_champion + only_challenger
    p_value = float(binomtest(only_challenger, discordant, 0.5).pvalue) if discordant else 1.0
    return McNemar(only_champion, only_challenger, p_value)


def _side(version: int | None, evaluation: Evaluation) -> Side:
    return Side(version, evaluation.log_loss, evaluation.accuracy, evaluation.expected_calibration_error)
