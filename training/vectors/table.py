"""The compact table of word vectors: int8 codes with a float32 scale a row, the format of the table in the box.

Row r is `codes[r] * scales[r]`, where the scale is the row's largest magnitude / 127 (symmetric absolute-maximum
quantization). What is lost by that is measured by `pack` and written down in docs/decisions/0003.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import VectorsError
from training.progress import Progress
from training.vectors.arrays import Arrays, DamagedArraysError, pack_words, read_arrays, unpack_words, write_arrays
from training.vectors.glove import WordVectors, read_first
from training.vectors.reading import reported
from training.vectors.source import find_source, open_lines

FORMAT = "tercet-word-vectors"
FORMAT_VERSION = 1
_LARGEST_CODE = 127


@dataclass(frozen=True)
class Table:
    """`codes` int8 (words, dimension) and `scales` float32 (words,), the most frequent word first."""

    words: tuple[str, ...]
    codes: NDArray[np.int8]
    scales: NDArray[np.float32]
    source: str

    @property
    def dimension(self) -> int:
        """Numbers a word."""
        return int(self.codes.shape[1])

    def rows(self) -> NDArray[np.float32]:
        """All vectors, float32 (words, dimension)."""
        return dequantize(self.codes, self.scales)

    def vectors(self, wanted: Collection[str]) -> WordVectors:
        """The vectors of the `wanted` words, in the order of the table."""
        wanted = frozenset(wanted)
        chosen = [row for row, word in enumerate(self.words) if word in wanted]
        words = tuple(self.words[row] for row in chosen)
        return WordVectors(words, dequantize(self.codes[chosen], self.scales[chosen]))


@dataclass(frozen=True)
class PackReport:
    """What went into a table, and what the rounding cost.

    `rms_error_share` is the root mean square of the errors over that of the values; a cosine is that of a packed
    vector with its original, 1 for a vector of zeros.
    """

    words: int
    dimension: int
    duplicates: int
    file_bytes: int
    max_abs_error: float
    rms_error_share: float
    mean_cosine: float
    min_cosine: float

    def as_dict(self) -> dict[str, int | float]:
        """For JSON."""
        return asdict(self)


def quantize(rows: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Codes int8 (words, dimension) and scales float32 (words,) of float32 (words, dimension)."""
    scales = (np.abs(rows).max(axis=1, initial=0.0) / _LARGEST_CODE).astype(np.float32)  # (words,)
    divisors = np.where(scales > 0, scales, np.float32(1))[:, None]  # (words, 1)
    codes = np.clip(np.rint(rows / divisors), -_LARGEST_CODE, _LARGEST_CODE).astype(np.int8)
    return codes, scales


def dequantize(codes: NDArray[np.int8], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (words, dimension) back from what `quantize` gave."""
    return codes.astype(np.float32) * scales[:, None]


def pack(
    source: str, destination: Path, *, count: int = 50_000, dimension: int = 100, progress: Progress
) -> PackReport:
    """Pack the first `count` words of a GloVe file, which are its most frequent, into a table at `destination`.

    Raises `VectorsError` as `find_source` and `read_first` do, and `OSError` where `destination` cannot be written.
    """
    found = find_source(source, dimension)
    with open_lines(found) as stream:
        lines = reported(stream, f"Reading {found.short_name}", progress)
        vectors = read_first(lines, count, dimension, name=found.name)
    if not vectors.words:
        raise VectorsError(f"{found.name} has no word in UTF-8. Give a GloVe .txt, .gz or .zip file.")
    if len(vectors.words) < count:
        progress.note(f"{found.name} has {len(vectors.words)} words, fewer than the {count} asked for.")
    codes, scales = quantize(vectors.rows)
    written = write_table(destination, Table(vectors.words, codes, scales, found.short_name))
    return _report(vectors, dequantize(codes, scales), written)


def write_table(path: Path, table: Table) -> int:
    """Write `table` durably and return the size of the file in bytes; equal tables give equal bytes."""
    facts = {"format": FORMAT, "version": FORMAT_VERSION, "source": table.source}
    arrays: Arrays = {"words": pack_words(table.words), "codes": table.codes, "scales": table.scales}
    return write_arrays(path, arrays, facts)


def read_table(path: Path) -> Table:
    """The table at `path`. Raises `VectorsError` where it is missing, damaged, or of another format."""
    remedy = "Restore the file, or make it again (python -m training pack-vectors)"
    if not path.is_file():
        raise VectorsError(f"{path}: no such vector table. {remedy}.")
    try:
        arrays, facts = read_arrays(path)
    except DamagedArraysError as error:
        raise VectorsError(f"{path} is damaged: {error}. {remedy}.") from error
    problem = _problem(arrays, facts)
    if problem:
        raise VectorsError(f"{path} is not a vector table of this version: {problem}. {remedy}.")
    words = unpack_words(arrays["words"])
    if len(set(words)) != len(arrays["codes"]):
        raise VectorsError(f"{path}: {len(set(words))} words and {len(arrays['codes'])} rows. {remedy}.")
    return Table(words, arrays["codes"], arrays["scales"], str(facts["source"]))


def _problem(arrays: Arrays, facts: dict[str, Any]) -> str:
    """What keeps the arrays from being a table; empty where nothing does."""
    if (facts.get("format"), facts.get("version")) != (FORMAT, FORMAT_VERSION):
        return f"format {facts.get('format')!r}, version {facts.get('version')!r}"
    if set(arrays) != {"words", "codes", "scales"} or "source" not in facts:
        return f"it holds {', '.join(sorted(arrays))}"
    words, codes, scales = arrays["words"], arrays["codes"], arrays["scales"]
    types = [array.dtype.name for array in (words, codes, scales)]
    if types != ["uint8", "int8", "float32"]:
        return f"types {', '.join(types)}"
    if words.ndim != 1 or scales.ndim != 1 or scales.shape != codes.shape[:-1]:
        return f"shapes {codes.shape} and {scales.shape}"
    return "" if np.isfinite(scales).all() and (scales >= 0).all() else "a scale that is not a finite size"


def _report(vectors: WordVectors, packed: NDArray[np.float32], file_bytes: int) -> PackReport:
    rows, back = vectors.rows.astype(np.float64), packed.astype(np.float64)  # (words, dimension)
    error = back - rows
    norms = np.linalg.norm(rows, axis=1) * np.linalg.norm(back, axis=1)  # (words,)
    dots = (rows * back).sum(axis=1)  # (words,)
    cosines = np.divide(dots, norms, out=np.ones_like(dots), where=norms > 0)
    power = float(np.square(rows).mean())
    return PackReport(
        words=len(vectors.words),
        dimension=rows.shape[1],
        duplicates=vectors.duplicates,
        file_bytes=file_bytes,
        max_abs_error=float(np.abs(error).max()),
        rms_error_share=float(np.sqrt(np.square(error).mean() / power)) if power else 0.0,
        mean_cosine=float(cosines.mean()),
        min_cosine=float(cosines.min()),
    )
