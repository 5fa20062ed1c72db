"""The sizes of the Conv1D-LSTM. Apart from `model.network` so that they can be read without Keras."""

from dataclasses import dataclass, fields
from typing import Literal

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
    ngram_buckets: int = 0
    """Buckets of the table for 2- and 3-grams in the wide part (`model.wide`), a power of two of at most 65,536; 0 for
    a network without one."""
    embedding_dtype: Literal["float32", "float16"] = "float32"

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            lowest = 0 if field.name == "ngram_buckets" else 1
            if field.type in (int, "int") and (isinstance(value, bool) or not isinstance(value, int) or value < lowest):
                raise ConfigError(f"{field.name} is {value!r}; it must be a whole number from {lowest}.")
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
    def has_wide_part(self) -> bool:
        """Whether n-grams add to the logits beside the Conv1D-LSTM."""
        return self.ngram_buckets > 0

    @property
    def windows(self) -> int:
        """Positions the convolution gives: 46 in `reference`."""
        return self.sequence_length - self.width + 1

    @property
    def steps(self) -> int:
        """Steps the LSTM runs over: 11 in `reference`."""
        return self.windows // self.pool
