"""Named sets of hyper-parameters: a network and how to train it."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

from model.errors import ConfigError
from model.network_config import NetworkConfig
from training.config import TrainingConfig


@dataclass(frozen=True, slots=True)
class Preset:
    """A network and its training, under a name that the bundle records."""

    name: str
    summary: str
    network: NetworkConfig
    training: TrainingConfig
    adapts: bool = False
    """Whether the network's sizes are the most there may be, and the data decide (`training.adaptation`)."""

    cased: bool = False
    """Whether case and punctuation are information (`model.cased_tokenizer`), or what Keras's Tokenizer leaves."""

    def adapted(self, **changes: float | str | None) -> Self:
        """The preset with other hyper-parameters, by their names in either config; None leaves one as it is.

        Raises `ConfigError` where a value is out of range.
        """
        given = {name: value for name, value in changes.items() if value is not None}
        of_network = {field.name for field in fields(NetworkConfig)} & given.keys()
        of_training: dict[str, Any] = {name: given[name] for name in given.keys() - of_network}
        changed: dict[str, Any] = {name: given[name] for name in of_network}
        return replace(self, network=replace(self.network, **changed), training=replace(self.training, **of_training))

    def as_dict(self) -> dict[str, Any]:
        """What to choose it by, for machines."""
        return {
            "name": self.name,
            "summary": self.summary,
            "epochs": self.training.epochs,
            "batch_size": self.training.batch_size,
            "learning_rate": self.training.learning_rate,
            "patience": self.training.patience,
            "sequence_length": self.network.sequence_length,
            "vocabulary_size": self.network.vocabulary_size,
            "embedding_dim": self.network.embedding_dim,
        }


DEFAULT = "accurate"

REFERENCE = Preset(
    "reference",
    "Conv1D-LSTM over frozen word vectors, 2,098,367 parameters",
    NetworkConfig(),
    TrainingConfig(),
)

ACCURATE = Preset(
    DEFAULT,
    "Conv1D-LSTM beside tables of n-grams, calibrated; its sizes follow from the data",
    NetworkConfig(
        vocabulary_size=28_000,
        embedding_frozen=False,
        sequence_length=256,
        embedding_dropout=0.3,
        filters=128,
        units=64,
        ngram_buckets=1 << 16,
        embedding_dtype="float16",
    ),
    TrainingConfig(epochs=10, batch_size=128, learning_rate=1e-3, schedule="cosine", features_dropout=0.3),
    adapts=True,
    cased=True,
)

PRESETS = {preset.name: preset for preset in (ACCURATE, REFERENCE)}


def preset(name: str) -> Preset:
    """The preset of that name. Raises `ConfigError` that lists those there are."""
    if name not in PRESETS:
        raise ConfigError(f"There is no preset {name!r}; there are: {', '.join(PRESETS)}.")
    return PRESETS[name]
