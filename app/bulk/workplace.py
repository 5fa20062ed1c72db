"""What an unfinished run leaves on disk, so that it can be gone on with: a hidden folder beside the output.

`.OUT.bulk/rows` is the output so far, `.OUT.bulk/state.json` says how far that is. Knows nothing of formats.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

from app.bulk.classification import Classified
from app.bulk.errors import OutputError, ResumeError
from app.bulk.rows import Column, Kind, Position
from model import durable
from model.locking import exclusive

_AFRESH = "Start afresh with --restart."


@dataclass(frozen=True, slots=True)
class State:
    """A run between two batches."""

    identity: dict[str, str]
    """All that the output depends on, in words; a run with another one is another run."""
    columns: tuple[Column, ...]
    position: Position | None = None
    """The place in the input; None is its beginning."""
    size: int = 0
    """Bytes of `rows` that count."""
    rows: int = 0
    bad_rows: int = 0
    words: int = 0
    known_words: int = 0

    def after(self, done: Classified, size: int) -> "State":
        """The state once `done` is written and `rows` has `size` bytes."""
        return replace(
            self,
            position=done.batch.position,
            size=size,
            rows=self.rows + len(done.predictions),
            bad_rows=self.bad_rows + sum(prediction.fault is not None for prediction in done.predictions),
            words=self.words + done.words,
            known_words=self.known_words + done.known_words,
        )


class Workplace:
    """The folder of the run that writes one output."""

    def __init__(self, target: Path) -> None:
        self.folder = target.with_name(f".{target.name}.bulk")
        self.rows = self.folder / "rows"
        self._target = target
        self._state = self.folder / "state.json"

    @contextlib.contextmanager
    def occupied(self) -> Iterator[None]:
        """Keep other runs out of the folder; it is gone afterwards unless there is something to go on with.

        Raises `OutputError` where another run is in it.
        """
        self.folder.mkdir(exist_ok=True)
        try:
            with exclusive(self.folder, wait=False):
                try:
                    yield
                finally:
                    if not self._state.exists():
                        self.discard()
        except BlockingIOError as error:
            raise OutputError(f"Another run is writing {self._target}.") from error

    def load(self) -> State | None:
        """How far the last run came; None where there was none. Raises `ResumeError` where it is damaged."""
        if not (self._state.exists() and self.rows.exists()):
            return None
        try:
            content = json.loads(self._state.read_text(encoding="utf-8"))
            columns = tuple(Column(name, Kind(kind)) for name, kind in content.pop("columns"))
            state = State(columns=columns, **content)
            whole = self.rows.stat().st_size >= state.size
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ResumeError(f"{self._state} is damaged ({error}). {_AFRESH}") from error
        if not whole:
            raise ResumeError(f"{self.rows} is shorter than the {state.size:,} bytes that were written. {_AFRESH}")
        return state

    def save(self, state: State) -> None:
        """Make `state` the one to go on from; the bytes it counts have to be on disk."""
        durable.write_text(self._state, json.dumps(asdict(state)))

    def clear(self) -> None:
        """Forget the last run."""
        self._state.unlink(missing_ok=True)
        self.rows.unlink(missing_ok=True)

    @contextlib.contextmanager
    def appending(self, size: int) -> Iterator[BinaryIO]:
        """The file `rows`, cut to `size` bytes and at its end."""
        with open(self.rows, "r+b" if size else "wb") as file:  # noqa: PTH123
            file.truncate(size)
            file.seek(size)
            yield file

    def publish(self, finished: Path) -> None:
        """Make `finished`, a file in the folder, the output, and remove the folder."""
        with finished.open("rb") as file:
            os.fsync(file.fileno())
        finished.replace(self._target)
        durable.sync_folder(self._target.parent)
        self.discard()

    def discard(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def check_same(state: State, identity: dict[str, str], target: Path) -> None:
    """Raise `ResumeError`, naming every difference, unless `state` is of a run with that identity."""
    if found := differences(state.identity, identity):
        raise ResumeError(
            f"An unfinished run that writes {target} was another one ({'; '.join(found)}). "
            f"Repeat it as it was to go on. {_AFRESH}"
        )


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs between two identities, in words."""
    names = [*now, *(name for name in before if name not in now)]
    return [f"{name}: {before.get(name)}, now {now.get(name)}" for name in names if before.get(name) != now.get(name)]
