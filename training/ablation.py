"""The ablation: what the parts of a network reach by themselves, on the rows that the whole is measured on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation import evaluate

Part = Callable[[NDArray[np.int32]], NDArray[np.floating]]
"""ids (rows, length) to probabilities (rows, classes)"""


@dataclass(frozen=True, slots=True)
class Ablation:
    """A part of the network, or the network without one, by its name."""

    name: str
    log_loss: float
    accuracy: float
    ece: float
    """Expected calibration error, as `training.calibration` has it."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def ablate(
    parts: Mapping[str, Part], ids: NDArray[np.int32], targets: NDArray[np.int32], labels: Sequence[str]
) -> tuple[Ablation, ...]:
    """The figures of each part on `ids` (rows, length) with `targets` (rows,), in the order of `parts`.

    Raises `TrainingError` where a part's probabilities are not finite.
    """
    measured = ((name, evaluate(answer(ids), targets, labels)) for name, answer in parts.items())
    return tuple(
        Ablation(name, each.log_loss, each.accuracy, each.expected_calibration_error) for name, each in measured
    )
