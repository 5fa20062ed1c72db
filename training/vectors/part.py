"""A download that is not finished: `NAME.part`, and beside it the validator of the content that it belongs to.

The validator (the server's ETag or Last-Modified) lets a later run ask for the rest of the same content only.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from model.durable import sync_folder


class PartFile:
    """What is there of `destination` so far. Its methods raise `OSError` where the disk refuses."""

    def __init__(self, destination: Path) -> None:
        self._destination = destination
        self.path = destination.with_name(f"{destination.name}.part")
        self._validator_path = destination.with_name(f"{destination.name}.part.validator")

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def validator(self) -> str:
        """What `restart` was given; empty where it is not known."""
        return self._validator_path.read_text("latin-1") if self._validator_path.exists() else ""

    def restart(self, validator: str) -> None:
        """Throw away what is there, and begin with the content that `validator` stands for."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(b"")
        self._validator_path.write_text(validator, "latin-1")

    def append(self, chunks: Iterable[bytes]) -> Iterator[int]:
        """Write `chunks` to the end; yields the size after each. What was written stays if `chunks` breaks off."""
        with self.path.open("ab") as file:
            for chunk in chunks:
                file.write(chunk)
                yield file.tell()

    def publish(self) -> None:
        """Make it the destination, durably."""
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        self.path.replace(self._destination)
        self._validator_path.unlink(missing_ok=True)
        sync_folder(self._destination.parent)

    def remove(self) -> None:
        """Throw away what is there."""
        self.path.unlink(missing_ok=True)
        self._validator_path.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Hexadecimal digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
