"""The checkpoint: all that a fit needs to go on as if it had never been killed, in one file without pickle.

Says nothing of the data; `identity` tells one run's checkpoint from another's.
"""

import contextlib
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from model import durable
from training.errors import TrainingError
from training.history import History

Arrays = list[NDArray[Any]]

_DIGEST_BYTES = 32
"""A checkpoint is the SHA-256 of an .npz file, and then that file: any damage is found before any of it is read."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state after the last whole epoch of `history`."""

    history: History
    state: Arrays
    """Weights, optimizer slots and random states, in the order of `Fit.state`."""
    best: Arrays
    """The learnt weights of the best epoch."""


class Checkpoints(Protocol):
    """Where a fit keeps its checkpoints, of which the last counts."""

    @property
    def path(self) -> Path:
        """What a person is told of."""

    def save(self, checkpoint: Checkpoint) -> None:
        """Keep it, in place of the one before."""

    def load(self) -> Checkpoint | None:
        """The last one, or None. Raises `TrainingError` where it is damaged."""


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """One run's checkpoint on disk, replaced atomically each epoch."""

    path: Path

    @classmethod
    def of_run(cls, folder: Path, identity: dict[str, Any]) -> "CheckpointFile":
        """The file for the run that `identity` (JSON) describes: the same run finds it again, another does not."""
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
        return cls(folder / f"{digest[:16]}.checkpoint")

    def save(self, checkpoint: Checkpoint) -> None:
        """Write `checkpoint`; a kill while writing leaves the one before."""
        arrays: dict[str, Any] = {f"state/{i}": array for i, array in enumerate(checkpoint.state)}
        arrays |= {f"best/{i}": array for i, array in enumerate(checkpoint.best)}
        history = np.frombuffer(json.dumps(checkpoint.history.as_dict()).encode(), dtype=np.uint8)
        buffer = io.BytesIO()
        np.savez(buffer, history=history, **arrays)
        content = buffer.getvalue()
        durable.write_bytes(self.path, hashlib.sha256(content).digest() + content)

    def load(self) -> Checkpoint | None:
        """What `save` wrote last, or None. Raises `TrainingError` on a damaged file."""
        if not self.path.exists():
            return None
        try:
            content = self._read()
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                history = History.from_dict(json.loads(file["history"].tobytes()))
                return Checkpoint(history, _arrays(file, "state"), _arrays(file, "best"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TrainingError(
                f"{self.path} is no checkpoint ({error}). Delete it, or train without --resume."
            ) from error

    def _read(self) -> bytes:
        sealed = self.path.read_bytes()
        digest, content = sealed[:_DIGEST_BYTES], sealed[_DIGEST_BYTES:]
        if hashlib.sha256(content).digest() != digest:
            raise ValueError("it is damaged")
        return content

    def discard(self) -> None:
        """Delete the file, what a kill left of one that was being written, and the folder where it is then empty."""
        self.path.unlink(missing_ok=True)
        for half_written in self.path.parent.glob(f".{self.path.name}.*"):
            half_written.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not there, or another run keeps its checkpoint in it
            self.path.parent.rmdir()


class NoCheckpoint(CheckpointFile):
    """Keeps nothing: of a run that begins anew where it was cut short."""

    def __init__(self) -> None:
        super().__init__(Path())

    def save(self, checkpoint: Checkpoint) -> None:
        """Forget it."""

    def load(self) -> None:
        """There is none."""

    def discard(self) -> None:
        """There is none."""


def _arrays(file: Any, group: str) -> Arrays:
    count = sum(name.startswith(f"{group}/") for name in file.files)
    return [file[f"{group}/{i}"] for i in range(count)]
