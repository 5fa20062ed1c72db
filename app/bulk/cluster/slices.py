"""How inputs are cut: into slices of whole batches, where the reader of one machine would begin one, too.

A slice lies before or after the row from which on a network is compiled. So its bytes are those of one machine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from app.bulk.classification import COMPILE_AFTER_ROWS
from app.bulk.rows import BATCH_ROWS, Column, Position, Reader

SLICE_BATCHES: Final = COMPILE_AFTER_ROWS // BATCH_ROWS
"""Of a large file: some seconds of a core, which is what a lost node costs."""
WHOLE_BYTES: Final = 32 << 20
"""A file up to this is one slice, and nobody reads it beforehand."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A piece of one input."""

    source: str
    """The input's URL or path."""
    part: str
    """The name of what it becomes."""
    row: int = 0
    """Rows of the input before it."""
    position: Position | None = None
    """Where it begins; None is the input's beginning."""
    batches: int | None = None
    """None is all that follow."""
    columns: tuple[Column, ...] | None = None
    """Of the whole input, where they are known already."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A place to cut at: `row` rows come before, and then `batches` up to the next one."""

    position: Position | None
    row: int
    batches: int


def cuts(reader: Reader, batches: int = SLICE_BATCHES) -> Iterator[Cut]:
    """Every place to cut an input at, the first of them its beginning. Reads all of it."""
    position: Position | None = None
    row = begins_at = count = 0
    for batch in reader.batches(None):
        row += len(batch.texts)
        count += 1
        if count == batches or begins_at < COMPILE_AFTER_ROWS <= row:
            yield Cut(position, begins_at, count)
            position, begins_at, count = batch.position, row, 0
    if count or not begins_at:
        yield Cut(position, begins_at, count)


def slices(source: str, stem: str, suffix: str, found: Sequence[Cut], columns: Sequence[Column]) -> list[Slice]:
    """Of a large input that is cut at `found`."""
    return [
        Slice(source, part_name(stem, number, suffix), cut.row, cut.position, cut.batches, tuple(columns))
        for number, cut in enumerate(found)
    ]


def part_name(stem: str, number: int, suffix: str) -> str:
    """Names that sort as the slices follow one another: reviews-00000.csv."""
    return f"{stem}-{number:05d}{suffix}"


def stems(sources: Sequence[str]) -> dict[str, str]:
    """A name for the parts of each input, in order, which no other has and which sorts as they do."""
    plain = [PurePosixPath(source).name.split(".")[0] for source in sources]
    if len(set(plain)) == len(plain) and sorted(plain) == plain:
        return dict(zip(sources, plain, strict=True))
    width = len(str(len(sources)))
    return {
        source: f"{number:0{width}d}-{name}" for number, (source, name) in enumerate(zip(sources, plain, strict=True))
    }
