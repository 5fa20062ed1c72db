"""The lines of a file, plain or gzip, as bytes, from any place on and in constant memory.

Like the reader of labelled texts in `training`, but a line that cannot be used is the caller's to report, and a place
in the file can be come back to.
"""

import codecs
import gzip
import zlib
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from app.bulk.errors import InputError
from app.bulk.rows import Position

LINE_LIMIT_BYTES = 16 << 20
"""Of a longer line only the beginning is kept, one byte more than this."""

DISGUISES = {
    codecs.BOM_UTF16_LE: "is UTF-16. Convert it: iconv -f UTF-16 -t UTF-8 OLD > NEW",
    codecs.BOM_UTF16_BE: "is UTF-16. Convert it: iconv -f UTF-16 -t UTF-8 OLD > NEW",
    b"\x1f\x8b": "is compressed by gzip. Add .gz to its name",
    b"PK\x03\x04": "is a zip archive or an Excel workbook. Unpack it, or save it as CSV (UTF-8)",
    b"PAR1": "is Parquet. Name it .parquet",
}
"""What files begin with that are often given a text file's name by mistake."""


class LineSource:
    """An iterator over the lines with their ends; a byte order mark is left out."""

    def __init__(self, path: Path, position: Position | None = None) -> None:
        """Raises `InputError` where the file cannot be read or is not what its name says."""
        self._path = path
        self._ahead: deque[bytes] = deque()
        self.number = 0
        """The line that was given last, from 1."""
        self._offset = 0
        self._dropped: dict[int, int] = {}
        """Bytes beyond the limit, by line."""
        try:
            self._raw = path.open("rb")
            self._stream = gzip.GzipFile(fileobj=self._raw) if path.suffix.lower() == ".gz" else self._raw
            self.size = path.stat().st_size
            if position is not None:
                self.number, self._offset = position["line"], position["offset"]
                self._stream.seek(self._offset)
        except (OSError, EOFError, zlib.error) as error:
            raise self._failure(error) from error

    @property
    def position(self) -> dict[str, int]:
        """The place after the line that was given last."""
        return {"line": self.number, "offset": self._offset}

    @property
    def done(self) -> int:
        """Bytes of the file, compressed where it is, that were read so far."""
        return self._raw.tell()

    def push_back(self, lines: Sequence[bytes]) -> None:
        """Give `lines`, the last that were given, once more."""
        self._ahead.extendleft(reversed(lines))
        for line in reversed(lines):
            self._offset -= len(line) + self._dropped.get(self.number, 0)
            self.number -= 1

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        raw = self._ahead.popleft() if self._ahead else self._read()
        if not raw:
            raise StopIteration
        self.number += 1
        self._offset += len(raw)
        if self._dropped:
            self._offset += self._dropped.get(self.number, 0)
        if self.number == 1:
            self._refuse_disguise(raw)
            return raw.removeprefix(codecs.BOM_UTF8)
        return raw

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._raw.close()

    def _read(self) -> bytes:
        try:
            raw = self._stream.readline(LINE_LIMIT_BYTES + 1)
            if len(raw) > LINE_LIMIT_BYTES:
                self._dropped[self.number + 1] = self._drop_rest(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise self._failure(error) from error
        return raw

    def _drop_rest(self, part: bytes) -> int:
        dropped = 0
        while part and not part.endswith(b"\n"):
            part = self._stream.readline(LINE_LIMIT_BYTES)
            dropped += len(part)
        return dropped

    def _refuse_disguise(self, raw: bytes) -> None:
        for beginning, message in DISGUISES.items():
            if raw.startswith(beginning):
                raise InputError(f"{self._path}: the content {message}.")

    def _failure(self, error: Exception) -> InputError:
        if isinstance(error, OSError) and error.errno is not None:
            return InputError(f"{self._path} cannot be read: {error.strerror}.")
        return InputError(f"{self._path} is damaged or truncated gzip ({error}). Fetch or compress it again.")
