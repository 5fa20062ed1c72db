"""The document of a cross-validation: all figures with what they were measured on, as JSON without any path."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from training.calibration import reliability
from training.crossval.result import FoldResult
from training.crossval.settings import Settings
from training.crossval.summary import FIGURES, Answers, Summary, pool, standard_error, summarize
from training.data.dataset import Dataset
from training.folds import Rows

KIND = "crossval"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Gain:
    """A mean over the folds; None for the standard error while there are too few."""

    mean: float
    standard_error: float | None


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """The finished folds of a cross-validation and their figures."""

    settings: Settings
    dataset: Dataset
    outer: Rows
    """`training.folds.outer_fold`"""
    results: tuple[FoldResult, ...]
    """By number."""
    network: Summary
    baseline: Summary
    parts: Mapping[str, Summary]

    @classmethod
    def of(cls, settings: Settings, dataset: Dataset, outer: Rows, results: Sequence[FoldResult]) -> "CrossValidation":
        """The figures of `results`, one fold at least. Parts count where every fold has them."""
        labels = dataset.labels
        names = [name for name in results[0].parts if all(name in each.parts for each in results)]
        return cls(
            settings,
            dataset,
            outer,
            tuple(results),
            summarize(results, labels, _network),
            summarize(results, labels, _baseline),
            {name: summarize(results, labels, _part(name)) for name in names},
        )

    @property
    def complete(self) -> bool:
        """Whether all folds of all repetitions are finished."""
        return len(self.results) == self.settings.total

    def as_dict(self) -> dict[str, Any]:
        """The document."""
        settings, chosen = self.settings, self.settings.hyper_parameters()
        return {
            "kind": KIND,
            "schema": SCHEMA,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "complete": self.complete,
            "data": _data(self.dataset),
            "preset": settings.preset,
            "hyper_parameters": {"network": asdict(chosen.network), "training": asdict(chosen.training)},
            "changes": dict(settings.changes),
            "vectors": _vectors_name(settings.vectors),
            "settings": {"folds": settings.folds, "seeds": settings.seeds, "command": command(settings)},
            "folds": self._folds(),
            **self.network.as_dict(),
            "baseline": self.baseline.as_dict(),
            "gain": {"log_loss": asdict(self.gain)},
            "parts": {name: each.as_dict() for name, each in self.parts.items()},
            "outer_fold": self._outer(),
            "reliability": self._reliability(),
            "libraries": _joined([each.libraries for each in self.results]),
            "seconds": round(sum(each.seconds for each in self.results), 3),
        }

    def _folds(self) -> list[dict[str, Any]]:
        return [
            result.facts()
            | {"rows": len(result.rows)}
            | _figures(self.network, index)
            | {"baseline": _figures(self.baseline, index)}
            | {"parts": {name: _figures(each, index) for name, each in self.parts.items()}}
            for index, result in enumerate(self.results)
        ]

    @property
    def gain(self) -> "Gain":
        """How much lower the network's log loss is than the baseline's, fold by fold."""
        pairs = zip(self.network.folds, self.baseline.folds, strict=True)
        gains = [theirs.log_loss - ours.log_loss for ours, theirs in pairs]
        return Gain(float(np.mean(gains)), standard_error(gains, [each.seed for each in self.results]))

    def _outer(self) -> dict[str, Any] | None:
        """The figures on the rows that nothing is tuned on; None while no fold with any of them is finished."""
        held = [kept for each in self.results if len((kept := _restricted(each, self.outer)).rows)]
        if not held:
            return None
        labels = self.dataset.labels
        return {
            "network": pool(held, labels, _network).as_dict(),
            "baseline": pool(held, labels, _baseline).as_dict(),
        }

    def _reliability(self) -> dict[str, Any]:
        probabilities = np.concatenate([each.probabilities for each in self.results])  # (rows, classes)
        return asdict(reliability(probabilities, np.concatenate([each.targets for each in self.results])))


def command(settings: Settings) -> str:
    """The command that gives these figures, with the names of files alone."""
    columns = {"--text-column": settings.text_column, "--label-column": settings.label_column}
    options: dict[str, object] = {
        "--data": settings.data.name,
        **{name: value for name, value in columns.items() if value is not None},
        "--vectors": _vectors_name(settings.vectors),
        "--preset": settings.preset,
        "--folds": settings.folds,
        "--seed": settings.seed,
        "--repeats": settings.repeats,
    }
    words = [f"{name} {value}" for name, value in options.items()]
    words += [
        f"--set {name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in settings.changes.items()
    ]
    return " ".join(("python -m training crossval", *words))


def _network(result: FoldResult) -> Any:
    return result.probabilities


def _baseline(result: FoldResult) -> Any:
    return result.baseline


def _part(name: str) -> Answers:
    return lambda result: result.parts[name]


def _figures(summary: Summary, index: int) -> dict[str, float]:
    return {name: getattr(summary.folds[index], name) for name in FIGURES}


def _restricted(result: FoldResult, rows: Rows) -> FoldResult:
    """The answers to those of its rows that are among `rows`."""
    chosen = np.isin(result.rows, rows)
    return replace(
        result,
        rows=result.rows[chosen],
        lines=result.lines[chosen],
        targets=result.targets[chosen],
        probabilities=result.probabilities[chosen],
        baseline=result.baseline[chosen],
        parts={name: each[chosen] for name, each in result.parts.items()},
    )


def _data(dataset: Dataset) -> dict[str, Any]:
    return {
        "source": dataset.source,
        "fingerprint": dataset.fingerprint,
        "rows": len(dataset),
        "labels": dataset.label_counts(),
    }


def _vectors_name(choice: str) -> str:
    """Without folders; `glove.zip:part.txt` keeps its member."""
    return choice.replace("\\", "/").rpartition("/")[2]


def _joined(libraries: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The versions of each; several where folds were learnt with different ones."""
    names = dict.fromkeys(name for each in libraries for name in each)
    return {name: ", ".join(sorted({each[name] for each in libraries if name in each})) for name in names}
