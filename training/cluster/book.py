"""The book of a fit on a cluster: an actor beside the command, to which the workers tell how far they are.

It has the last checkpoint, from which they go on where one of them was lost. Needs neither Ray nor TensorFlow.
"""

from dataclasses import dataclass
from typing import Any

from model.errors import TercetError
from training.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class News:
    """What has come since somebody asked last."""

    said: list[tuple[str, tuple[Any, ...], dict[str, Any]]]
    """Calls of a `Progress`: method, arguments, keywords."""
    begun: int
    """How often the workers have begun, which is more than once where one was lost."""
    saved: int
    """How many checkpoints there have been."""


class Book:
    """An actor's state. Its methods are called by the worker of rank 0, but for `begin`, and by the command."""

    def __init__(self, checkpoint: Checkpoint | None, *, resume: bool) -> None:
        self._checkpoint = checkpoint
        self._resume = resume
        self._said: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self._begun = 0
        self._saved = 0
        self._error: TercetError | None = None

    def begin(self, rank: int) -> tuple[Checkpoint | None, bool]:
        """A worker begins: from which checkpoint, and whether it is to look for one at all."""
        if rank == 0:
            self._begun += 1
        return self._checkpoint, self._resume or self._checkpoint is not None

    def tell(self, method: str, *arguments: Any, **keywords: Any) -> None:
        """A call of a `Progress`."""
        self._said.append((method, arguments, keywords))

    def save(self, checkpoint: Checkpoint) -> None:
        """In place of the one before."""
        self._checkpoint = checkpoint
        self._saved += 1

    def fail(self, error: TercetError) -> None:
        """The fit cannot go on, wherever it is tried."""
        self._error = error

    def news(self) -> News:
        """And forget what was said."""
        said, self._said = self._said, []
        return News(said, self._begun, self._saved)

    def checkpoint(self) -> Checkpoint | None:
        """The last one."""
        return self._checkpoint

    def error(self) -> TercetError | None:
        """What `fail` was told."""
        return self._error
