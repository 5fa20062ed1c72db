"""How a network is trained: the hyper-parameters of the fit and of the split."""

from dataclasses import dataclass

from model.errors import ConfigError

LONGEST_TRAINING = 10_000
"""Epochs beyond which a number is taken for a slip of the keyboard."""

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
    validation_share: float = 0.1
    test_share: float = 0.1

    def __post_init__(self) -> None:
        for name, lowest, highest in (
            ("epochs", 1, LONGEST_TRAINING),
            ("batch_size", 1, 1 << 16),
            ("patience", 1, LONGEST_TRAINING),
            ("seed", 0, LARGEST_SEED),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
                raise ConfigError(f"{name} is {value!r}; it must be a whole number from {lowest} to {highest}.")
        if not 0 < self.learning_rate <= 1:
            raise ConfigError(f"learning_rate is {self.learning_rate!r}; it must be in (0, 1].")
        for name in ("validation_share", "test_share"):
            if not 0 < getattr(self, name) < 0.5:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; it must be in (0, 0.5).")

    def batch_for(self, rows: int) -> int:
        """The batch size for so many training rows: a small data set still gets some twenty steps an epoch."""
        smallest, steps = 8, 20
        return max(min(self.batch_size, rows // steps), min(self.batch_size, smallest))
