"""What `--set` asks a search for: `name=low..high`, `name=one,other`, or `name=value` for what is not searched."""

from collections.abc import Sequence
from dataclasses import replace

from model.errors import ConfigError
from training.crossval.changes import read_changes
from training.presets import Preset
from training.tuning.space import Dimension, Value, rows_of


def read_asked(texts: Sequence[str], preset: Preset) -> tuple[Preset, dict[str, Dimension]]:
    """The preset with what has one value only, and the dimensions of what has more.

    Raises `ConfigError` where a text does not read so, or names what the preset does not have.
    """
    dimensions: dict[str, Dimension] = {}
    for text in texts:
        name, _, asked = (part.strip() for part in text.partition("="))
        low, dots, high = asked.partition("..")
        if dots:
            dimensions[name] = _range(name, _value(name, low, preset), _value(name, high, preset), preset)
        elif "," in asked:
            dimensions[name] = Dimension(name, choices=tuple(_value(name, each, preset) for each in asked.split(",")))
        else:
            preset = preset.adapted(**read_changes([text], preset))
    return preset, dimensions


def _value(name: str, text: str, preset: Preset) -> Value:
    value: Value = read_changes([f"{name}={text}"], preset)[name]
    return value


def _range(name: str, low: Value, high: Value, preset: Preset) -> Dimension:
    if isinstance(low, bool | str) or isinstance(high, bool | str) or not low < high:
        raise ConfigError(f"--set {name}={low}..{high} is no range: a low number, two dots and a higher one.")
    row = next((row for row in rows_of(preset) if row.name == name), Dimension(name))
    return replace(row, low=low, high=high, choices=(), log=row.log and low > 0)
