"""What a person is shown of a bulk run: a bar on standard error while it goes, and an account of it at the end."""

from pathlib import Path
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app.bulk.job import ClusterJob, Job, Summary


class Silent:
    """Nobody watches."""

    def checking(self, source: Path) -> None:
        """See `Watcher.checking`."""

    def note(self, message: str) -> None:
        """See `Watcher.note`."""

    def resuming(self, rows: int) -> None:
        """See `Watcher.resuming`."""

    def advance(self, share: float, rows: int) -> None:
        """See `Watcher.advance`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to take down."""


class Terminal:
    """A person. Where standard error is no terminal there is no bar, only the line that a run goes on."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rows]:,} rows", markup=False),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("Starting", total=None, rows=0)

    def checking(self, source: Path) -> None:
        """See `Watcher.checking`."""
        self._bar.update(self._task, description=f"Checking {source.name}")

    def note(self, message: str) -> None:
        """See `Watcher.note`."""
        self._console.print(message, soft_wrap=True)

    def resuming(self, rows: int) -> None:
        """See `Watcher.resuming`."""
        self._console.print(f"Going on after {rows:,} rows.", soft_wrap=True)

    def advance(self, share: float, rows: int) -> None:
        """See `Watcher.advance`."""
        self._bar.update(self._task, description="Classifying", total=1.0, completed=share, rows=rows)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def report(job: Job | ClusterJob, summary: Summary) -> str:
    """The account, for standard output."""
    new = summary.rows - summary.resumed_rows
    pace = f"{new / summary.seconds:,.0f} rows/s, " if new else ""
    lines = [f"{job.target}: {_counted(summary.rows)}, {pace}by {summary.model}."]
    if summary.bad_rows:
        lines.append(f"{_counted(summary.bad_rows)} could not be classified; the column {job.prefix}error says why.")
    if summary.words:
        unknown = 1 - summary.known_words / summary.words
        lines.append(f"{unknown:.1%} of the words are unknown to the model.")
    return "\n".join(lines)


def _counted(rows: int) -> str:
    return f"{rows:,} row{'' if rows == 1 else 's'}"
