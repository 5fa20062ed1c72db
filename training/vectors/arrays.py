"""Named arrays and a few facts about them in one `.npz`, without pickle, with a checksum over all of it.

What the arrays mean is the business of `training.vectors.table` and `training.vectors.cache`.
"""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.durable import write_bytes

Arrays = dict[str, NDArray[Any]]
_FACTS = "facts"
_CHECKSUM = "sha256"
_DAMAGE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError)


class DamagedArraysError(Exception):
    """The file is not what `write_arrays` wrote. Callers say what that means for them."""


def write_arrays(
    path: Path, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any], *, compress: bool = True
) -> int:
    """Write both to `path`, durably, and return the bytes written. The same input gives the same bytes."""
    facts = {**facts, _CHECKSUM: _checksum(arrays, facts)}
    text = np.frombuffer(json.dumps(facts, sort_keys=True).encode("utf-8"), dtype=np.uint8)
    buffer = io.BytesIO()
    save = np.savez_compressed if compress else np.savez
    save(buffer, allow_pickle=False, **{_FACTS: text}, **arrays)
    data = buffer.getvalue()
    write_bytes(path, data)
    return len(data)


def read_arrays(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """The arrays and facts in `path`. Raises `DamagedArraysError` with the reason in its message."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays: Arrays = {name: archive[name] for name in archive.files}
        facts = json.loads(arrays.pop(_FACTS).tobytes())
        expected = facts.pop(_CHECKSUM)
    except _DAMAGE as error:
        raise DamagedArraysError(str(error) or type(error).__name__) from error
    if expected != _checksum(arrays, facts):
        raise DamagedArraysError("its content does not match its sha256")
    return arrays, facts


def pack_words(words: tuple[str, ...]) -> NDArray[np.uint8]:
    """The words in UTF-8 with a line feed between them: no word of a line-based file holds one."""
    return np.frombuffer("\n".join(words).encode("utf-8"), dtype=np.uint8)


def unpack_words(packed: NDArray[np.uint8]) -> tuple[str, ...]:
    """What `pack_words` packed."""
    return tuple(packed.tobytes().decode("utf-8").split("\n")) if packed.size else ()


def _checksum(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode("utf-8"))
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
