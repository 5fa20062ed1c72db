"""What is cross-validated: the data, the hyper-parameters, and how the folds are dealt."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from model.errors import ConfigError
from training.presets import Preset, preset
from training.vectors.load import BOX, NONE
from training.vectors.source import find_source


@dataclass(frozen=True, slots=True)
class Settings:
    """A cross-validation; folds are numbered from 1, those of a second seed go on after those of the first."""

    data: Path
    preset: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Hyper-parameters that are not the preset's, as `Preset.adapted` takes them, without the seed."""
    folds: int = 10
    seed: int = 0
    """Of the folds and of the training; each repetition has the next one."""
    repeats: int = 1
    text_column: str | None = None
    label_column: str | None = None
    vectors: str = BOX
    cache: Path | None = None
    device: Literal["auto", "cpu", "gpu"] = "auto"

    def __post_init__(self) -> None:
        for name, lowest in (("folds", 2), ("repeats", 1)):
            if getattr(self, name) < lowest:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be {lowest} at least.")
        self.hyper_parameters(self.total)  # raises ConfigError for the last seed

    @property
    def total(self) -> int:
        """Folds of all repetitions."""
        return self.folds * self.repeats

    @property
    def seeds(self) -> list[int]:
        """One a repetition."""
        return [self.seed + repeat for repeat in range(self.repeats)]

    def fold_of(self, number: int) -> int:
        """Which fold of its seed the fold `number` is, from 0."""
        return (number - 1) % self.folds

    def seed_of(self, number: int) -> int:
        """The seed of fold `number`."""
        return self.seed + (number - 1) // self.folds

    def hyper_parameters(self, number: int = 1) -> Preset:
        """What fold `number` learns with. Raises `ConfigError`."""
        return preset(self.preset).adapted(**self.changes, seed=self.seed_of(number))

    def identity(self, fingerprint: str) -> dict[str, Any]:
        """What makes another cross-validation the same, as JSON; `fingerprint` is the data set's.

        The number of repetitions is not part of it: more of them go on where fewer ended. Raises `VectorsError`.
        """
        chosen = self.hyper_parameters()
        return {
            "data": fingerprint,
            "preset": self.preset,
            "network": asdict(chosen.network),
            "training": asdict(chosen.training),
            "vectors": _vectors_identity(self.vectors, chosen.network.embedding_dim),
            "folds": self.folds,
        }

    def as_json(self) -> str:
        """For `from_json` in another process of this machine."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """What `as_json` gave."""
        content = json.loads(text)
        cache = content.pop("cache")
        return cls(data=Path(content.pop("data")), cache=None if cache is None else Path(cache), **content)


def digest(identity: Mapping[str, Any]) -> str:
    """A short name for an identity, in hexadecimal."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:10]


def _vectors_identity(choice: str, dimension: int) -> list[str | int]:
    """The name of the file and its size; where it is and when it was written makes no difference."""
    if choice in (BOX, NONE):
        return [choice]
    if choice.lower().endswith(".npz"):
        path, name = Path(choice), Path(choice).name
    else:
        source = find_source(choice, dimension)
        path, name = source.path, source.short_name
    return [name, path.stat().st_size]
