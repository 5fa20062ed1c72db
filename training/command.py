"""The command that trains a network again, with the names of files alone: where they lie is a machine's own."""

import shlex
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import PurePath
from typing import Any

from training.preparation import DataSource
from training.presets import PRESETS, Preset

_OPTIONS = ("epochs", "batch_size", "learning_rate", "patience", "embedding_dim")
"""What `train` takes beside the preset, by the names in either config; the others are given by `--set`."""
_NOT_CHOSEN = ("seed", "classes")


def command(source: DataSource, preset: Preset, name: str) -> str:
    """What to type for `preset` on `source`; the labels' names and where results go are left out."""
    options: dict[str, object] = {
        "--data": source.data.name,
        "--name": name,
        "--text-column": source.text_column,
        "--label-column": source.label_column,
        "--vectors": _base_name(source.vectors),
        "--feedback": None if source.feedback is None else source.feedback.name,
        "--preset": preset.name,
        **_changes(preset, _OPTIONS),
        "--seed": preset.training.seed,
    }
    words = [
        word for option, value in options.items() if value is not None for word in (option, shlex.quote(str(value)))
    ]
    others = sorted(_values(preset).keys() - {*_OPTIONS, *_NOT_CHOSEN})
    words += [f"--set {option[2:].replace('-', '_')}={value}" for option, value in _changes(preset, others).items()]
    return " ".join(["python -m training train", *words])


def _changes(preset: Preset, names: Iterable[str]) -> dict[str, object]:
    """The options of these names whose values are not those of the preset of that name."""
    original = PRESETS.get(preset.name)
    if original is None:
        return {}
    ours, theirs = _values(preset), _values(original)
    return {f"--{name.replace('_', '-')}": ours[name] for name in names if ours[name] != theirs[name]}


def _values(preset: Preset) -> dict[str, Any]:
    return asdict(preset.network) | asdict(preset.training)


def _base_name(vectors: str) -> str:
    """Without folders; `glove.zip:part.txt` keeps its member."""
    return PurePath(vectors.replace("\\", "/")).name
