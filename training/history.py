"""What each epoch of a fit reached, and which epoch was best. Figures only: the fit itself fills it in."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class EpochRecord:
    """One epoch: `epoch` counts from 1, losses are mean cross-entropies in nats, accuracies lie in [0, 1]."""

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float


@dataclass(frozen=True)
class History:
    """The epochs of one fit, in order; a resumed fit keeps those of the run that it continues."""

    records: tuple[EpochRecord, ...] = ()

    @property
    def best_epoch(self) -> int:
        """The epoch of the lowest validation loss, the earlier of two equals. ValueError without epochs."""
        if not self.records:
            raise ValueError("The history holds no epoch yet, so none of them is the best")
        return min(self.records, key=_finite_validation_loss).epoch

    def with_record(self, record: EpochRecord) -> Self:
        """The same history with one more epoch at its end."""
        return type(self)((*self.records, record))

    def as_dict(self) -> dict[str, Any]:
        """For JSON; `from_dict` reads it back to an equal history."""
        return {"records": [asdict(record) for record in self.records]}

    @classmethod
    def from_dict(cls, content: Mapping[str, Sequence[Mapping[str, Any]]]) -> Self:
        """The history that `as_dict` wrote. KeyError or TypeError where it is of another shape."""
        return cls(tuple(EpochRecord(**record) for record in content["records"]))


def _finite_validation_loss(record: EpochRecord) -> float:
    # NaN compares false with everything, so a diverged epoch would otherwise win by coming first.
    return math.inf if math.isnan(record.validation_loss) else record.validation_loss
