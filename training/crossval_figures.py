"""The figures of a cross-validation that go into a bundle: read from what `crossval --output` wrote, and refused where
it measured other data or another preset.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from model.errors import ConfigError

KIND = "crossval"
FIGURES = {
    "log_loss": "log loss",
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "expected_calibration_error": "calibration error",
}
"""Of an evaluation, by what people call them."""


@dataclass(frozen=True, slots=True)
class CrossvalFigures:
    """A preset on rows that it never saw, each row of the data once a seed."""

    preset: str
    folds: int
    seeds: tuple[int, ...]
    rows: int
    """Held-out answers in all."""
    mean: Mapping[str, float]
    """Of each of `FIGURES`, over the folds."""
    standard_error: Mapping[str, float | None]
    pooled: Mapping[str, float]
    """Of all answers at once."""
    baseline: Mapping[str, float]
    """Its pooled figures, on the same folds."""
    command: str
    hyper_parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By config (`network`, `training`) and name."""
    fingerprint: str = ""

    def table(self) -> list[tuple[str, str, str, str]]:
        """Of each figure its name, the mean of the folds with its standard error, all answers at once, the baseline."""
        errors = {name: "" if error is None else f" ± {error:.4f}" for name, error in self.standard_error.items()}
        return [
            (heading, f"{self.mean[name]:.4f}{errors[name]}", f"{self.pooled[name]:.4f}", f"{self.baseline[name]:.4f}")
            for name, heading in FIGURES.items()
        ]

    def as_dict(self) -> dict[str, Any]:
        """For JSON, without what the manifest has already."""
        content = asdict(self)
        del content["hyper_parameters"], content["fingerprint"]
        return content | {"seeds": [*self.seeds]}


def read_crossval(path: Path) -> CrossvalFigures:
    """What the file says. Raises `ConfigError` where it is no document of a cross-validation, or of a part of one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        complete, figures = bool(content["complete"]), _figures(content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path} holds no cross-validation ({type(error).__name__}: {error}). Write one with "
            "python -m training crossval --output FILE."
        ) from error
    if not complete:
        raise ConfigError(
            f"{path}: the cross-validation is not finished. Run the same crossval again to go on with it."
        )
    return figures


def check_same(
    figures: CrossvalFigures, *, fingerprint: str, preset: str, hyper_parameters: Mapping[str, Mapping[str, Any]]
) -> None:
    """Raise `ConfigError` where `figures` are of other rows, another preset or other hyper-parameters than these.

    Seeds may differ, and so may names that only one of the two has.
    """
    if figures.fingerprint != fingerprint:
        raise ConfigError(
            f"The cross-validation is of other data (fingerprint {figures.fingerprint[:12]}…) than these "
            f"({fingerprint[:12]}…). Run crossval on this file, or leave --crossval out."
        )
    if figures.preset != preset:
        raise ConfigError(f"The cross-validation is of the preset {figures.preset!r}, and this run is of {preset!r}.")
    other = sorted(
        name
        for config, values in figures.hyper_parameters.items()
        for name, value in values.items()
        if name != "seed" and name in (ours := hyper_parameters.get(config, {})) and value != ours[name]
    )
    if other:
        raise ConfigError(f"The cross-validation has another {', '.join(other)} than this run. Give both the same.")


def _figures(content: Any) -> CrossvalFigures:
    if content["kind"] != KIND:
        raise ValueError(f"its kind is {content['kind']!r}")
    settings, pooled = content["settings"], content["pooled"]
    return CrossvalFigures(
        preset=str(content["preset"]),
        folds=int(settings["folds"]),
        seeds=tuple(int(seed) for seed in settings["seeds"]),
        rows=int(pooled["rows"]),
        mean=_numbers(content["mean"]),
        standard_error={
            name: None if content["standard_error"][name] is None else float(content["standard_error"][name])
            for name in FIGURES
        },
        pooled=_numbers(pooled),
        baseline=_numbers(content["baseline"]["pooled"]),
        command=str(settings["command"]),
        hyper_parameters=dict(content["hyper_parameters"]),
        fingerprint=str(content["data"]["fingerprint"]),
    )


def _numbers(content: Any) -> dict[str, float]:
    return {name: float(content[name]) for name in FIGURES}
