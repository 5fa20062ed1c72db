"""The search space: tables of hyper-parameters, and where a search may look for them.

A row names a field of `NetworkConfig` or `TrainingConfig`, and is all that it takes to tune it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from optuna.trial import Trial

from model.errors import ConfigError
from training.presets import Preset

Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Dimension:
    """One hyper-parameter: a range with both ends in it, of whole numbers where both ends are, or some choices."""

    name: str
    low: float = 0
    high: float = 0
    log: bool = False
    """Whether equal ratios count as equal distances."""
    choices: tuple[Value, ...] = ()
    """Instead of a range."""

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def suggest(self, trial: Trial) -> Value:
        """The trial's value."""
        if self.choices:
            chosen: Value = trial.suggest_categorical(self.name, self.choices)  # type: ignore[assignment]  # or None
            return chosen
        if self.whole:
            return trial.suggest_int(self.name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(self.name, self.low, self.high, log=self.log)

    def holds(self, value: Any) -> bool:
        """Whether the search could come to this value."""
        if self.choices:
            return value in self.choices
        return isinstance(value, int | float) and self.low <= value <= self.high

    def as_dict(self) -> dict[str, Any]:
        """For JSON: what of it counts."""
        fields = asdict(self)
        return {"choices": [*self.choices]} if self.choices else {key: fields[key] for key in ("low", "high", "log")}


Space = tuple[Dimension, ...]

CONV1D_LSTM: Space = (
    Dimension("learning_rate", 3e-4, 1e-2, log=True),
    Dimension("batch_size", 32, 512, log=True),
    Dimension("embedding_dropout", 0.0, 0.7),
    Dimension("filters", 32, 192, log=True),
    Dimension("width", 2, 6),
    Dimension("pool", 2, 6),
    Dimension("units", 32, 192, log=True),
)
"""What every preset has; the `reference` is one of its points."""

WIDE_AND_DEEP: Space = (
    *CONV1D_LSTM,
    Dimension("features_dropout", 0.0, 0.6),
    Dimension("word_prior", 0.05, 1.0, log=True),
    Dimension("ngram_prior", 0.05, 1.0, log=True),
    Dimension("subword_prior", 0.01, 0.2, log=True),
)
"""What a preset with a wide part has besides; `accurate` is one of its points."""


def rows_of(preset: Preset) -> Space:
    """All of the preset's space."""
    return WIDE_AND_DEEP if preset.network.has_wide_part else CONV1D_LSTM


def space_of(preset: Preset, *, only: Sequence[str] = (), changes: Mapping[str, Dimension] | None = None) -> Space:
    """The preset's space: of the rows in `only`, where any are given, with `changes` in place of or beside them.

    Raises `ConfigError` where `only` names what is not in the space, or nothing is left to search.
    """
    rows = {row.name: row for row in rows_of(preset)} | dict(changes or {})
    if unknown := [name for name in only if name not in rows]:
        raise ConfigError(f"There is no {unknown[0]!r} to tune in preset {preset.name}; there are: {', '.join(rows)}.")
    chosen = tuple(row for name, row in rows.items() if not only or name in only)
    if not chosen:
        raise ConfigError("There is nothing to tune. Leave a hyper-parameter a range or some choices.")
    return chosen


def start(space: Space, preset: Preset) -> dict[str, Value] | None:
    """The preset's own values of the space's dimensions; None where the space leaves one of them out."""
    values = {row.name: value_of(preset, row.name) for row in space}
    return values if all(row.holds(values[row.name]) for row in space) else None


def value_of(preset: Preset, name: str) -> Any:
    """What the preset has for a field of either config. Raises `ConfigError` where there is no such field."""
    values = asdict(preset.network) | asdict(preset.training)
    if name not in values:
        raise ConfigError(f"There is no hyper-parameter {name!r}; there are: {', '.join(values)}.")
    return values[name]
