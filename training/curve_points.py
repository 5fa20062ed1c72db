"""The points of a learning curve over the size of the training data, and what they say about more rows.

`training.learning_curve` trains what they show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from training.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What `rows` training rows give; the network's figures are None where it was not trained on so many."""

    rows: int
    log_loss: float | None
    accuracy: float | None
    baseline_log_loss: float
    baseline_accuracy: float

    @classmethod
    def of(cls, rows: int, network: Evaluation | None, baseline: Evaluation) -> "CurvePoint":
        """The point of these evaluations."""
        loss, accuracy = (None, None) if network is None else (network.log_loss, network.accuracy)
        return cls(rows, loss, accuracy, baseline.log_loss, baseline.accuracy)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def joined(networks: Mapping[int, Evaluation], baselines: Mapping[int, Evaluation]) -> tuple[CurvePoint, ...]:
    """The points of both, by the number of training rows, which `baselines` has all of."""
    return tuple(CurvePoint.of(rows, networks.get(rows), baselines[rows]) for rows in sorted(baselines))


def what_rows_bring(points: Sequence[CurvePoint]) -> str:
    """What the last halving of the rows costs, in a sentence; empty where the curve has no such step."""
    if len(points) < 2:
        return ""
    less, all_rows = points[-2:]
    ours = less.log_loss is not None and all_rows.log_loss is not None
    cost = (
        (less.log_loss or 0.0) - (all_rows.log_loss or 0.0)
        if ours
        else less.baseline_log_loss - all_rows.baseline_log_loss
    )
    who = "the network" if ours else "the baseline"
    step = f"{less.rows:,} instead of {all_rows.rows:,} training rows"
    if cost <= 0:
        return f"With {step} the log loss of {who} is no higher, so more rows like these may bring little."
    return f"With {step} the log loss of {who} is {cost:.3f} higher: more rows would still bring something."
