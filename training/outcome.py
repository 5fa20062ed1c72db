"""The outcome of a training run, for a machine and for a person."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from model.bundle import REPORT, verify
from model.registry import Registry
from training.errors import BelowBaselineError
from training.evaluation import Evaluation
from training.history import History
from training.promotion import Promotion, beats_baseline


@dataclass(frozen=True, slots=True)
class Outcome:
    """A registered version and how good it is on the held-out test rows."""

    name: str
    version: int
    folder: Path
    evaluation: Evaluation
    baseline: Evaluation
    promotion: Promotion
    comparison: dict[str, Any] | None
    """With the version that served, as `training.comparison.Comparison.as_dict`; None where there was none."""
    uncompared: dict[str, Any] | None
    """Why there is no comparison, although a version served."""
    verdict: dict[str, Any] | None
    """Against the baseline, as `training.report.verdict.Verdict.as_dict`; None of a version without one."""
    vectors: dict[str, Any]
    feedback: dict[str, int] | None
    run: str | None
    history: History
    """Empty where an earlier process trained it."""
    seconds: dict[str, float]

    @classmethod
    def of_version(
        cls,
        registry: Registry,
        name: str,
        version: int,
        promotion: Promotion,
        history: History,
        seconds: dict[str, float],
    ) -> "Outcome":
        """What the bundle of a version says of itself, and what this process knows beside it."""
        folder = registry.path(name, version)
        manifest: Any = verify(folder).manifest
        metrics, training = manifest.metrics, manifest.training
        comparison = metrics["comparison"]
        if comparison is not None:
            comparison = comparison | {"challenger": comparison["challenger"] | {"version": version}}
        return cls(
            name=name,
            version=version,
            folder=folder,
            evaluation=Evaluation.from_dict(metrics),
            baseline=Evaluation.from_dict(metrics["baseline"]),
            promotion=promotion,
            comparison=comparison,
            uncompared=metrics["uncompared"],
            verdict=metrics.get("verdict"),
            vectors=manifest.vectors,
            feedback=training["feedback"],
            run=training["run"],
            history=history,
            seconds=seconds,
        )

    @property
    def serves(self) -> bool:
        """Whether it was promoted, or is the first version."""
        return self.promotion.promoted

    @property
    def beats_baseline(self) -> bool:
        """Whether its log loss is lower, which is what the verdict goes by."""
        return beats_baseline({"log_loss": self.evaluation.log_loss, "baseline": {"log_loss": self.baseline.log_loss}})

    @property
    def alarm(self) -> str:
        """What a person must not overlook, in lines: that it loses, and what to try next; empty where it does not."""
        if self.beats_baseline:
            return ""
        headline = "The network loses to the baseline."
        return "\n".join([headline, *(f"  - {each}" for each in (self.verdict or {}).get("advice", ()))])

    def check_beats_baseline(self) -> None:
        """Raise `BelowBaselineError` where it does not."""
        if not self.beats_baseline:
            promoted = "it serves all the same, as the first one does" if self.serves else "it was not promoted"
            raise BelowBaselineError(
                f"{self.name} version {self.version} is registered, but it loses to the baseline: {promoted}."
            )

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        told = {"folder": str(self.folder), "serves": self.serves, "beats_baseline": self.beats_baseline}
        return asdict(self) | told

    def summary(self) -> str:
        """For a person."""
        ours, other = self.evaluation, self.baseline
        promotion = f"python -m app models promote {self.version} --name {self.name}"
        serves = "serves" if self.serves else f"does not serve yet: {promotion}"
        verdict = "beats the baseline" if self.beats_baseline else "LOSES to the baseline, so do not ship it as it is"
        compared = (self.comparison or {}).get("verdict") or (self.uncompared or {}).get("reason")
        lines = (
            f"{self.name} version {self.version} is in {self.folder} and {serves}",
            f"On {ours.rows:,} held-out rows it {verdict}:",
            f"  network   log loss {ours.log_loss:.4f}   accuracy {ours.accuracy:.4f}",
            f"  baseline  log loss {other.log_loss:.4f}   accuracy {other.accuracy:.4f}",
            compared,
            f"Report: {self.folder / REPORT / 'report.html'}",
        )
        return "\n".join(filter(None, lines))
