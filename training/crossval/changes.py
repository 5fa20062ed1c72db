"""What `--set` asks for: `name=value`, a hyper-parameter that is not the preset's."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from model.errors import ConfigError
from training.presets import Preset


def read_changes(texts: Sequence[str], preset: Preset) -> dict[str, Any]:
    """Values by name, as `Preset.adapted` takes them.

    Raises `ConfigError` where a text does not read so, or names what the preset does not have.
    """
    there = asdict(preset.network) | asdict(preset.training)
    return dict(_read_change(text, there) for text in texts)


def _read_change(text: str, there: dict[str, Any]) -> tuple[str, Any]:
    name, equals, asked = (part.strip() for part in text.partition("="))
    if not equals or not asked:
        raise ConfigError(f"--set {text!r} sets nothing; write name=value.")
    if name == "seed":
        raise ConfigError("The seed is set by --seed, since the folds follow from it too.")
    if name not in there:
        raise ConfigError(f"There is no hyper-parameter {name!r}; there are: {', '.join(there)}.")
    value, kind = _value(asked), type(there[name])
    value = float(value) if kind is float and type(value) is int else value
    if type(value) is not kind:
        raise ConfigError(f"--set {text!r}: {name} is of type {kind.__name__}, as {json.dumps(there[name])}.")
    return name, value


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
