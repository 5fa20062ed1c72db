"""A bulk run as its caller sees it: what to do, who is told how it goes, what was done."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Job:
    """What to do."""

    source: Path
    target: Path
    max_text_characters: int
    text_column: str = "text"
    prefix: str = ""
    overwrite: bool = False
    restart: bool = False


@dataclass(frozen=True, slots=True)
class ClusterJob:
    """What to do on a cluster. Source and target are URLs, or paths that all nodes share."""

    source: str
    target: str
    max_text_characters: int
    text_column: str = "text"
    prefix: str = ""
    overwrite: bool = False
    restart: bool = False
    address: str = field(kw_only=True)
    """Of the Ray cluster."""
    format: str | None = None
    """Of the parts, as `csv`; None is that of the inputs."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was done."""

    model: str
    rows: int
    bad_rows: int
    words: int
    known_words: int
    resumed_rows: int
    """Rows that an earlier run had done."""
    seconds: float
    """That reading, classifying and writing the others took; loading the model is not in it."""


class Watcher(Protocol):
    """Is told how a run goes."""

    def checking(self, source: Path) -> None:
        """The input is being read once for its digest and its columns."""

    def note(self, message: str) -> None:
        """Something that a person may not expect."""

    def resuming(self, rows: int) -> None:
        """So many rows were done by an earlier run."""

    def advance(self, share: float, rows: int) -> None:
        """`share` of the input and so many rows are done, those of earlier runs among them."""
