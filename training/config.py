"""How a network is trained: the hyper-parameters of the fit and of the split."""

from dataclasses import dataclass
from typing import Literal

from model.errors import ConfigError

LONGEST_TRAINING = 10_000
"""Epochs beyond which a number is taken for a slip of the keyboard."""

LARGEST_PRIOR = 100.0
"""A weight of this size decides alone; a prior beyond it says nothing."""

LARGEST_SEED = (1 << 32) - 1
"""What NumPy takes."""


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Hyper-parameters of a training run; the defaults are the preset `reference`. Raises `ConfigError`."""

    epochs: int = 50
    """At most this many; early stopping may end sooner."""
    batch_size: int = 256
    """Against 64: as good a network in half the time (docs/decisions/0005)."""
    learning_rate: float = 2e-3
    """Of Adam."""
    patience: int = 8
    """Epochs without a better validation loss after which the fit stops."""
    seed: int = 0
    """Of the initial weights, the order of the rows and the dropout."""
    schedule: Literal["constant", "cosine"] = "constant"
    """Of the learning rate; "cosine" rises over the first tenth of the steps and falls to nearly nothing."""
    features_dropout: float = 0.0
    """Dropout of what the LSTM gives."""
    word_prior: float = 0.3
    """Standard deviation of a word's weights in the wide part, before the data say anything."""
    ngram_prior: float = 0.3
    subword_prior: float = 0.04
    validation_share: float = 0.1
    test_share: float = 0.1

    def __post_init__(self) -> None:
        _check_whole_numbers(self)
        _check_shares(self)
        for name in ("word_prior", "ngram_prior", "subword_prior"):
            if not 0 < getattr(self, name) <= LARGEST_PRIOR:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; it must be in (0, {LARGEST_PRIOR:g}].")
        if self.schedule not in ("constant", "cosine"):
            raise ConfigError(f"schedule is {self.schedule!r}; it must be constant or cosine.")
        if not 0 < self.learning_rate <= 1:
            raise ConfigError(f"learning_rate is {self.learning_rate!r}; it must be in (0, 1].")

    def batch_for(self, rows: int) -> int:
        """The batch size for so many training rows: a small data set still gets some twenty steps an epoch, and a very
        large one no more than five hundred, but for batches beyond a thousand rows.
        """
        smallest, fewest_steps, largest, most_steps, very_large = 8, 20, 1024, 512, 1 << 16
        small = max(min(self.batch_size, rows // fewest_steps), min(self.batch_size, smallest))
        return small if rows < very_large else max(small, min(rows // most_steps, largest))


def _check_whole_numbers(config: TrainingConfig) -> None:
    for name, lowest, highest in (
        ("epochs", 1, LONGEST_TRAINING),
        ("batch_size", 1, 1 << 16),
        ("patience", 1, LONGEST_TRAINING),
        ("seed", 0, LARGEST_SEED),
    ):
        value = getattr(config, name)
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise ConfigError(f"{name} is {value!r}; it must be a whole number from {lowest} to {highest}.")


def _check_shares(config: TrainingConfig) -> None:
    if not 0 <= config.features_dropout < 1:
        raise ConfigError(f"features_dropout is {config.features_dropout!r}; it must be in [0, 1).")
    for name in ("validation_share", "test_share"):
        if not 0 < getattr(config, name) < 0.5:
            raise ConfigError(f"{name} is {getattr(config, name)!r}; it must be in (0, 0.5).")
