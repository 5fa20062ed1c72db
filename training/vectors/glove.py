"""Parses GloVe text, `word v1 … vN` a line, and keeps the rows of the words that are wanted.

Every line is checked: its number of fields, and that its numbers consist of the characters of numbers. The
numbers themselves are parsed for wanted words only, so a long file costs little more than reading it.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from training.errors import VectorsError

_OF_NUMBERS = b"0123456789.-+eE \r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_HEADER_FIELDS = 2
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class WordVectors:
    """`rows[i]` is the vector of `words[i]`: float32 (len(words), dimension). No word is there twice."""

    words: tuple[str, ...]
    rows: NDArray[np.float32]
    duplicates: int = 0


@dataclass(frozen=True)
class _Line:
    """Where a complaint is about."""

    name: str
    number: int
    dimension: int

    def error(self, complaint: str) -> VectorsError:
        return VectorsError(
            f"{self.name}, line {self.number}: {complaint}. "
            f"Correct or remove the line; if the file came from a download, fetch it again."
        )


def read_glove(
    lines: Iterable[bytes], wanted: Collection[str], dimension: int, *, name: str = "vectors"
) -> WordVectors:
    """The vectors of the `wanted` words, in the order of the file; each number equals `np.float32(text)`.

    A word may hold spaces (glove.840B has `. . .`): the last `dimension` fields are the numbers. A header
    line as word2vec and fastText write it (`400000 100`) is skipped. Of a word that occurs twice the first
    wins; `duplicates` counts the others. Words that are not UTF-8 match nothing. Raises `VectorsError` with
    the line number for a wrong dimension, a ragged line, and numbers that are none or not finite; `name` is
    what it calls the file.
    """
    keys = {key for word in wanted if (key := _key(word)) is not None}
    found: dict[str, NDArray[np.float32]] = {}
    duplicates = 0
    for number, word, numbers in _checked(lines, dimension, name):
        if word not in keys:
            continue
        text = word.decode("utf-8")
        if text in found:
            duplicates += 1
        else:
            found[text] = _parse(numbers, _Line(name, number, dimension))
    return _gather(found, dimension, duplicates)


def read_first(lines: Iterable[bytes], count: int, dimension: int, *, name: str = "vectors") -> WordVectors:
    """The first `count` words of the file, which GloVe orders by frequency; rules and errors as `read_glove`.

    Words that are not UTF-8 are passed over. Lines behind the last one taken are not read.
    """
    found: dict[str, NDArray[np.float32]] = {}
    duplicates = 0
    for number, word, numbers in _checked(lines, dimension, name):
        text = word.decode("utf-8", errors="replace")
        if text in found:
            duplicates += 1
        elif _key(text) == word:
            found[text] = _parse(numbers, _Line(name, number, dimension))
        if len(found) == count:
            break
    return _gather(found, dimension, duplicates)


def _gather(found: dict[str, NDArray[np.float32]], dimension: int, duplicates: int) -> WordVectors:
    rows = np.stack(list(found.values())) if found else np.zeros((0, dimension), dtype=np.float32)
    return WordVectors(tuple(found), rows, duplicates)  # rows: (words, dimension)


def _checked(lines: Iterable[bytes], dimension: int, name: str) -> Iterator[tuple[int, bytes, bytes]]:
    """Line number, word and the text of its numbers, of each line."""
    numbered = _skip_header(iter(lines), dimension, name)
    is_first = True
    for number, line in numbered:
        word, _, numbers = line.partition(b" ")
        if line.count(b" ") != dimension or b"  " in line or numbers.translate(None, _OF_NUMBERS):
            if not line.strip() and not any(later.strip() for _, later in numbered):
                break  # blank lines at the end of a file are nobody's mistake
            where = _Line(name, number, dimension)
            if is_first:
                _require_dimension(line, where)
            word, numbers = _split_carefully(line, where)
        is_first = False
        yield number, word, numbers
    if is_first:
        raise VectorsError(f"{name} holds no vectors. Give a GloVe .txt, .gz or .zip file.")


def _skip_header(lines: Iterator[bytes], dimension: int, name: str) -> Iterator[tuple[int, bytes]]:
    """Lines numbered from 1, without a byte order mark and without a header of two whole numbers."""
    for line in islice(lines, 1):
        first = line.removeprefix(_BYTE_ORDER_MARK)
        fields = first.split()
        if len(fields) != _HEADER_FIELDS or not all(field.isdigit() for field in fields):
            yield 1, first
        elif int(fields[1]) != dimension:
            raise _wrong_dimension(int(fields[1]), _Line(name, 1, dimension))
    yield from enumerate(lines, 2)


def _split_carefully(line: bytes, where: _Line) -> tuple[bytes, bytes]:
    """Word and numbers of a line with spaces in its word or at its end; else an error saying what is wrong."""
    fields = line.rstrip().split(b" ")
    words, numbers = fields[: -where.dimension], fields[-where.dimension :]
    if not words:
        raise where.error(f"{max(len(fields) - 1, 0)} numbers where {where.dimension} are due")
    text = b" ".join(numbers)
    if b"" in numbers or text.translate(None, _OF_NUMBERS):
        raise where.error(f"{_excerpt(_first_bad(numbers))} is not a finite number")
    if len(words) > 1 and _is_number(words[-1]):
        count = where.dimension + sum(map(_is_number, words[1:]))
        raise where.error(f"{count} numbers where {where.dimension} are due")
    return b" ".join(words).rstrip(), text


def _require_dimension(line: bytes, where: _Line) -> None:
    """Raise where the file's first vector has another length than asked for."""
    fields = line.rstrip().split(b" ")
    dimension = 0
    while dimension < len(fields) - 1 and _is_number(fields[-1 - dimension]):
        dimension += 1
    if dimension == 0:
        raise where.error("this is not GloVe text, a word and its numbers with single spaces between them")
    if dimension != where.dimension and len(fields) != where.dimension + 1:
        raise _wrong_dimension(dimension, where)


def _wrong_dimension(found: int, where: _Line) -> VectorsError:
    return VectorsError(
        f"{where.name}, line {where.number}: the file has {found} dimensions, {where.dimension} are asked "
        f"for. Train with --embedding-dim {found}, or give the file (of a zip: FILE.zip:MEMBER) that has "
        f"{where.dimension}."
    )


def _parse(numbers: bytes, where: _Line) -> NDArray[np.float32]:
    fields = numbers.split()
    try:
        with np.errstate(over="ignore"):  # 1e99 becomes infinite, and is refused below
            row = np.array(fields, dtype=np.float32)  # (dimension,)
    except ValueError:
        row = np.array([], dtype=np.float32)
    if row.shape != (where.dimension,) or not np.isfinite(row).all():
        raise where.error(f"{_excerpt(_first_bad(fields))} is not a finite number")
    return row


def _first_bad(fields: list[bytes]) -> bytes:
    return next((field for field in fields if not _is_number(field)), b" ".join(fields))


def _is_number(field: bytes) -> bool:
    """Whether `field` is a number in the notation of GloVe files that float32 can hold."""
    if not field or field.translate(None, _OF_NUMBERS):
        return False
    try:
        return abs(float(field)) <= _LARGEST
    except ValueError:
        return False


def _key(word: str) -> bytes | None:
    """The bytes of `word` in a file; a lone surrogate has none."""
    try:
        return word.encode("utf-8")
    except UnicodeEncodeError:
        return None


def _excerpt(field: bytes) -> str:
    text = field[:40].decode("utf-8", errors="replace")
    return repr(text if len(field) <= len(text.encode()) else f"{text}…")
