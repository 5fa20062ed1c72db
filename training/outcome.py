"""The outcome of a training run, for a machine and for a person."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from model.bundle import REPORT
from training.evaluation import Evaluation
from training.history import History


@dataclass(frozen=True, slots=True)
class Outcome:
    """A registered version and how good it is on the held-out test rows."""

    name: str
    version: int
    folder: Path
    serves: bool
    evaluation: Evaluation
    baseline: Evaluation
    history: History
    seconds: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self) | {"folder": str(self.folder)}

    def summary(self) -> str:
        """For a person."""
        ours, other = self.evaluation, self.baseline
        promotion = f"python -m app models promote {self.version} --name {self.name}"
        serves = "serves" if self.serves else f"does not serve yet: {promotion}"
        verdict = (
            "beats the baseline"
            if ours.log_loss < other.log_loss
            else "LOSES to the baseline, so do not ship it as it is"
        )
        return "\n".join(
            (
                f"{self.name} version {self.version} is in {self.folder} and {serves}",
                f"On {ours.rows:,} held-out rows it {verdict}:",
                f"  network   log loss {ours.log_loss:.4f}   accuracy {ours.accuracy:.4f}",
                f"  baseline  log loss {other.log_loss:.4f}   accuracy {other.accuracy:.4f}",
                f"Report: {self.folder / REPORT / 'report.html'}",
            )
        )
