"""Named sets of hyper-parameters: a network and how to train it."""

from dataclasses import dataclass

from model.errors import ConfigError
from model.network import NetworkConfig
from training.config import TrainingConfig


@dataclass(frozen=True, slots=True)
class Preset:
    """A network and its training, under a name that the bundle records."""

    name: str
    summary: str
    network: NetworkConfig
    training: TrainingConfig


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "reference",
            "Conv1D-LSTM over frozen word vectors, 2,098,367 parameters",
            NetworkConfig(),
            TrainingConfig(),
        ),
    )
}


def preset(name: str) -> Preset:
    """The preset of that name. Raises `ConfigError` that lists those there are."""
    if name not in PRESETS:
        raise ConfigError(f"There is no preset {name!r}; there are: {', '.join(PRESETS)}.")
    return PRESETS[name]
