"""What passes between a reader, the classifier and a writer: batches of rows, and a prediction for each row.

No format is named here: each module of a format has a `Reader` and a `Writer`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, Protocol

BATCH_ROWS = 2048
"""Rows a batch, so a multiple of every batch size that an engine prefers. Where batches begin and end depends on
the input alone: a network's last bits may depend on the rows it is given together."""
BATCH_BYTES = 8 << 20
"""About so many bytes of input end a batch early, so that long rows do not take memory without bound."""

Position = Mapping[str, int]
"""A place between two rows of the input, as JSON; only the reader that made it knows what it says."""


class Kind(StrEnum):
    """The type of a column's values, for a format that has types."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"


class Column(NamedTuple):
    """A column of the input."""

    name: str
    kind: Kind = Kind.TEXT


class Prediction(NamedTuple):
    """What goes beside one row: all but `fault`, or `fault` alone."""

    label: str | None = None
    probabilities: Sequence[float] = ()
    """Of each label, in the model's order."""
    known_words: int | None = None
    fault: str | None = None
    """Why the row could not be classified."""


@dataclass(frozen=True, slots=True)
class PredictionColumns:
    """The names of the columns that are added, in order."""

    labels: Sequence[str]
    prefix: str = ""

    @property
    def probabilities(self) -> list[str]:
        """The column of each label."""
        return [f"{self.prefix}probability_{label}" for label in self.labels]

    @property
    def names(self) -> list[str]:
        """All of them."""
        return [f"{self.prefix}label", *self.probabilities, f"{self.prefix}known_words", f"{self.prefix}error"]

    def values(self, prediction: Prediction) -> list[object]:
        """One value a name; None where there is none."""
        probabilities: Sequence[float | None] = prediction.probabilities or [None] * len(self.labels)
        return [prediction.label, *probabilities, prediction.known_words, prediction.fault]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of the input, in order."""

    texts: Sequence[object]
    """The values of the text column, of whatever type the file has them."""
    faults: Sequence[str | None]
    """Why a row cannot be read, where it cannot."""
    values: Callable[[], Iterable[Sequence[object]]]
    """The values of each row in the order of the columns; None where a row has none."""
    native: Any
    """The rows as the format has them, for a writer of the same format."""
    position: Position
    """The place after the last of the rows."""
    done: int
    """How much of the input has been read, in the unit of `Reader.size`."""


class Reader(Protocol):
    """A file that rows come from."""

    columns: Sequence[Column]
    size: int
    """Of the whole input, in bytes or rows; for showing progress."""

    def batches(self, position: Position | None) -> Iterator[Batch]:
        """The rows from `position` on, or all. Raises `InputError` where reading cannot go on."""


class Writer(Protocol):
    """Turns rows and predictions into bytes: those of all batches one after another, after `header`, are the rows."""

    def header(self) -> bytes:
        """What comes before the first row."""

    def encode(self, batch: Batch, predictions: Sequence[Prediction]) -> bytes:
        """The rows of `batch`."""

    def finish(self, rows: Path) -> Path:
        """Make the output of all the bytes, in the file `rows`; it is that file or a sibling of it."""
