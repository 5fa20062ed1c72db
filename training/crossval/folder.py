"""The folder of a cross-validation: whose folds it holds, and which of them are finished."""

import contextlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model import durable
from model.errors import ConfigError
from model.locking import exclusive
from training.crossval.result import FoldResult
from training.progress import Progress
from training.vectors.arrays import DamagedArraysError

_IDENTITY = "crossval.json"
_RESULT = re.compile(r"fold-(\d+)\.npz")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Finished folds as `fold-01.npz`, unfinished ones as a hidden folder with a checkpoint."""

    path: Path

    @classmethod
    def open(cls, path: Path, identity: Mapping[str, Any], *, restart: bool = False) -> "RunFolder":
        """The folder for the cross-validation that `identity` describes; `restart` forgets what is in it.

        Raises `ConfigError` where it holds the folds of another one.
        """
        folder = cls(path)
        if restart:
            folder.clear()
        file = path / _IDENTITY
        plain = json.loads(json.dumps(identity))  # as it will be read
        if not file.exists():
            durable.write_text(file, json.dumps(plain, indent=1))
            return folder
        differences = _differences(_read(file), plain)
        if differences:
            raise ConfigError(
                f"{path} holds the folds of another cross-validation ({'; '.join(differences[:3])}). "
                "Give another --folder, or --restart to forget them."
            )
        return folder

    def result(self, number: int) -> Path:
        """The file of a finished fold."""
        return self.path / f"fold-{number:02}.npz"

    def working(self, number: int) -> Path:
        """The folder of a fold that is not finished."""
        return self.path / f".fold-{number:02}"

    def log(self, number: int) -> Path:
        """What a fold's process said on standard error, where it said anything."""
        return self.path / f"fold-{number:02}.log"

    def keep(self, result: FoldResult) -> None:
        """Save a fold that was learnt elsewhere; what was begun of it here is of no use then."""
        result.save(self.result(result.number))
        working = self.working(result.number)
        if working.is_dir():
            with contextlib.suppress(BlockingIOError), exclusive(working, wait=False):  # another process is at it
                shutil.rmtree(working, ignore_errors=True)

    def finished(self, numbers: range, progress: Progress) -> dict[int, FoldResult]:
        """The finished folds among `numbers`. A damaged one is told of and counts as unfinished."""
        found = {}
        for number in numbers:
            path = self.result(number)
            try:
                if path.exists():
                    found[number] = FoldResult.load(path)
            except (DamagedArraysError, KeyError, TypeError) as error:
                progress.warn(f"{path.name} is damaged ({error}), so fold {number} counts as unfinished.")
        return found

    def clear(self) -> None:
        """Delete what a cross-validation wrote, and nothing else."""
        for entry in self.path.glob("*") if self.path.is_dir() else ():
            if entry.name == _IDENTITY or _RESULT.fullmatch(entry.name) or re.fullmatch(r"fold-\d+\.log", entry.name):
                entry.unlink()
            elif re.fullmatch(r"\.fold-\d+", entry.name):
                shutil.rmtree(entry)


def _read(file: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(file.read_bytes())
    except ValueError as error:
        raise ConfigError(f"{file} cannot be read ({error}). Give another --folder.") from error
    return content


def _differences(there: Any, asked: Any, name: str = "") -> list[str]:
    """Where two identities differ, a sentence each."""
    if isinstance(there, dict) and isinstance(asked, dict):
        keys = sorted(there.keys() | asked.keys())
        return [each for key in keys for each in _differences(there.get(key), asked.get(key), key)]
    return [] if there == asked else [f"{name}: {_shown(there)} there, {_shown(asked)} asked for"]


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 24 else f"{text[:12]}…"
