"""Keeps the parsed rows of a vector file, so that the next training on the same vocabulary need not read it again.

An entry belongs to one state of one file (path, size, modification time, member), one vocabulary and one dimension.
An entry that cannot be read or written is never an error: the vectors are then parsed again.
"""

import hashlib
import json
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from training.progress import Progress
from training.vectors.arrays import Arrays, DamagedArraysError, pack_words, read_arrays, unpack_words, write_arrays
from training.vectors.glove import WordVectors
from training.vectors.source import VectorSource

KEPT_ENTRIES = 8
_FORMAT_VERSION = 1


class VectorCache:
    """Entries in one folder, the `kept` last used ones."""

    def __init__(self, folder: Path, progress: Progress, kept: int = KEPT_ENTRIES) -> None:
        self._folder = folder
        self._progress = progress
        self._kept = kept

    def load(self, key: str) -> WordVectors | None:
        """The vectors stored under `key`, or None where there are none that can be read."""
        path = self._path(key)
        if not path.is_file():
            return None
        try:
            arrays, facts = read_arrays(path)
            vectors = WordVectors(unpack_words(arrays["words"]), arrays["rows"], int(facts["duplicates"]))
        except (DamagedArraysError, KeyError) as error:
            self._progress.note(f"The cache entry {path} is not usable ({error}); it is made again.")
            return None
        with suppress(OSError):  # a cache of another user's can be read and not touched
            os.utime(path)  # used now: the last one to go
        return vectors

    def store(self, key: str, vectors: WordVectors) -> None:
        """Store `vectors` under `key`, and remove the entries unused for longest."""
        arrays: Arrays = {"words": pack_words(vectors.words), "rows": vectors.rows}
        try:
            write_arrays(self._path(key), arrays, {"duplicates": vectors.duplicates}, compress=False)
            self._prune()
        except OSError as error:
            self._progress.warn(f"The parsed vectors could not be kept in {self._folder}: {error}")

    def _prune(self) -> None:
        entries = sorted(self._folder.glob("vectors-*.npz"), key=_last_use, reverse=True)
        for entry in entries[self._kept :]:
            entry.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"vectors-{key}.npz"


def cache_key(source: VectorSource, words: Collection[str], dimension: int) -> str:
    """Hexadecimal digest of what the parsed rows depend on; the order of `words` does not matter."""
    text = json.dumps([_FORMAT_VERSION, source.identity(), sorted(words), dimension])
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _last_use(path: Path) -> float:
    """Seconds; 0 for an entry that another process has just removed."""
    return path.stat().st_mtime if path.exists() else 0.0
