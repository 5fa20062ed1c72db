"""The figures of a classifier on held-out rows, as scikit-learn defines them, and its calibration error.

Takes probabilities and true classes; it neither runs a network nor knows where the rows came from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, precision_recall_fscore_support

from training.calibration import expected_calibration_error
from training.errors import TrainingError

_SUM_TOLERANCE = 1e-3
"""Half-precision networks sum to 1 within about this; logits and counts do not."""


@dataclass(frozen=True)
class ClassEvaluation:
    """One class: shares in [0, 1], 0.0 where nothing was predicted or nothing is there; `support` is its rows."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Evaluation:
    """What a classifier reached on `rows` rows; classes are in the order of the labels."""

    rows: int
    log_loss: float
    """Mean negative logarithm of the true class's probability, in nats."""
    accuracy: float
    macro_f1: float
    """Mean of the classes' F1, each class counting the same."""
    expected_calibration_error: float
    """See `training.calibration`."""
    per_class: tuple[ClassEvaluation, ...]
    confusion: tuple[tuple[int, ...], ...]
    """(classes, classes) counts: a row is a true class, a column a predicted one."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON, at full precision."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """The evaluation that `as_dict` wrote, whatever else is beside it. KeyError or TypeError for another shape."""
        values = {each.name: content[each.name] for each in fields(cls)}
        values["per_class"] = tuple(ClassEvaluation(**each) for each in content["per_class"])
        values["confusion"] = tuple(map(tuple, content["confusion"]))
        return cls(**values)


def evaluate(probabilities: NDArray[np.floating], targets: NDArray[np.int32], labels: Sequence[str]) -> Evaluation:
    """The figures of `probabilities` (rows, classes; float32 or float64) against `targets` (rows,; class indices).

    The prediction is the most probable class, the first of equals. Classes that are absent from targets or
    predictions count with zeros. TrainingError where there are no rows, or probabilities are not finite;
    ValueError where shapes do not fit each other, or a row is no distribution.
    """
    _check(probabilities, targets, labels)
    classes = list(range(len(labels)))
    predicted = probabilities.argmax(axis=1)  # (rows,)
    # float32 sums to 1 within its own rounding only, which scikit-learn warns of once it is float64.
    exact = probabilities / probabilities.sum(axis=1, keepdims=True)
    columns = precision_recall_fscore_support(targets, predicted, labels=classes, zero_division=0)
    per_class = tuple(
        ClassEvaluation(label, float(precision), float(recall), float(f1), int(support))
        for label, precision, recall, f1, support in zip(labels, *columns, strict=True)
    )
    return Evaluation(
        rows=len(targets),
        log_loss=float(log_loss(targets, exact, labels=classes)),
        accuracy=float(accuracy_score(targets, predicted)),
        macro_f1=float(np.mean([each.f1 for each in per_class])),
        expected_calibration_error=expected_calibration_error(probabilities, targets),
        per_class=per_class,
        confusion=tuple(map(tuple, confusion_matrix(targets, predicted, labels=classes).tolist())),
    )


def _check(probabilities: NDArray[np.floating], targets: NDArray[np.int32], labels: Sequence[str]) -> None:
    if probabilities.shape != (len(targets), len(labels)):
        raise ValueError(
            f"{len(targets)} targets and {len(labels)} labels need probabilities of shape "
            f"({len(targets)}, {len(labels)}), not {probabilities.shape}"
        )
    if not len(targets):
        raise TrainingError("There is no row to evaluate on: the held-out split is empty. Give more data")
    bad = int((~np.isfinite(probabilities).all(axis=1)).sum())
    if bad:
        raise TrainingError(
            f"The probabilities of {bad:,} of {len(targets):,} rows are not finite numbers: the training "
            "diverged. Lower the learning rate, or start from another seed"
        )
    if not np.allclose(probabilities.sum(axis=1), 1, atol=_SUM_TOLERANCE):
        raise ValueError("Each row of probabilities must sum to 1; these look like logits or counts")
