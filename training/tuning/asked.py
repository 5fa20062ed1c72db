"""What `--set` asks for: `name=low..high`, `name=one,other` or `name=value`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from model.errors import ConfigError
from training.presets import Preset
from training.tuning.space import CONV1D_LSTM, SPACES, Dimension, Value, value_of


def read_changes(texts: Sequence[str], preset: Preset) -> tuple[Preset, dict[str, Dimension]]:
    """The preset with what has one value only, and the dimensions of what has more.

    Numbers are whole where the preset's are. Raises `ConfigError` where a text does not read so, or names what the
    preset does not have.
    """
    dimensions: dict[str, Dimension] = {}
    for text in texts:
        name, equals, asked = (part.strip() for part in text.partition("="))
        if not equals or not asked:
            raise ConfigError(f"{text!r} sets nothing; write name=low..high, name=one,other or name=value.")
        found = _dimension(name, asked, preset)
        if isinstance(found, Dimension):
            dimensions[name] = found
        else:
            changes: dict[str, Any] = {name: found}
            preset = preset.adapted(**changes)
    return preset, dimensions


def _dimension(name: str, asked: str, preset: Preset) -> Dimension | Value:
    low, dots, high = asked.partition("..")
    if not dots:
        values = tuple(_value(name, each, preset) for each in asked.split(","))
        return values[0] if len(values) == 1 else Dimension(name, choices=values)
    first, last = _value(name, low, preset), _value(name, high, preset)
    if isinstance(first, bool | str) or isinstance(last, bool | str) or not first < last:
        raise ConfigError(f"{name}={asked} is no range: a low number, two dots and a higher one.")
    row = next((row for row in SPACES.get(preset.name, CONV1D_LSTM) if row.name == name), Dimension(name))
    return replace(row, low=first, high=last, choices=(), log=row.log and first > 0)


def _value(name: str, text: str, preset: Preset) -> Value:
    """`text` as the type that the preset has there."""
    kind, text = type(value_of(preset, name)), text.strip()
    try:
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        return kind(text) if kind in {int, float} else text
    except (ValueError, KeyError) as error:
        raise ConfigError(
            f"{name} takes no {text!r}: in preset {preset.name} it is {value_of(preset, name)!r}."
        ) from error
