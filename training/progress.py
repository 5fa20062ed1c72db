"""How a long piece of work tells where it is, whoever is watching: a person, a machine, or nobody."""

from typing import Protocol


class Progress(Protocol):
    """What the pipeline calls; `training.cli` decides whether it becomes a bar or a JSON line."""

    def stage(self, name: str, total: int | None = None, *, epoch: int | None = None, of: int | None = None) -> None:
        """A new stage begins; `total` is its number of units, where known. It may be the epoch `epoch` of `of`."""

    def advance(self, done: int, **figures: float) -> None:
        """`done` units of the current stage are finished; `figures` are its latest losses and the like."""

    def note(self, message: str) -> None:
        """Something worth knowing."""

    def warn(self, message: str) -> None:
        """Something worth acting on."""


class SilentProgress:
    """Tells nobody."""

    def stage(self, name: str, total: int | None = None, *, epoch: int | None = None, of: int | None = None) -> None:
        """See `Progress.stage`."""

    def advance(self, done: int, **figures: float) -> None:
        """See `Progress.advance`."""

    def note(self, message: str) -> None:
        """See `Progress.note`."""

    def warn(self, message: str) -> None:
        """See `Progress.warn`."""
