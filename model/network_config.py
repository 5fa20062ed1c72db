"""The sizes of the Conv1D-LSTM. Apart from `model.network` so that they can be read without Keras."""

from dataclasses import dataclass, fields

from model.errors import ConfigError


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Hyper-parameters of the network; the defaults are the preset `reference`. Raises `ConfigError`."""

    classes: int = 3
    vocabulary_size: int = 20_000
    embedding_dim: int = 100
    embedding_frozen: bool = True
    sequence_length: int = 50
    embedding_dropout: float = 0.5
    filters: int = 64
    width: int = 5
    pool: int = 4
    units: int = 100

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type in (int, "int") and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise ConfigError(f"{field.name} is {value!r}; it must be a whole number from 1.")
        if self.classes < 2:
            raise ConfigError(f"classes is {self.classes}; a classifier needs at least 2.")
        if not 0 <= self.embedding_dropout < 1:
            raise ConfigError(f"embedding_dropout is {self.embedding_dropout}; it must be in [0, 1).")
        if self.steps < 1:
            shortest = self.width + self.pool - 1
            raise ConfigError(
                f"sequence_length is {self.sequence_length}; a convolution of width {self.width} and a pooling "
                f"of {self.pool} need at least {shortest} positions."
            )

    @property
    def windows(self) -> int:
        """Positions the convolution gives: 46 in `reference`."""
        return self.sequence_length - self.width + 1

    @property
    def steps(self) -> int:
        """Steps the LSTM runs over: 11 in `reference`."""
        return self.windows // self.pool
