"""CSV and TSV by RFC 4180 in UTF-8. A row that breaks the rules is one bad row, and reading goes on after it.

The rows of an input of the same format are written as they stand, to the byte, with the new values behind them.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic_core import to_json

from app.bulk.cells import cell
from app.bulk.columns import text_index
from app.bulk.errors import InputError
from app.bulk.lines import LINE_LIMIT_BYTES, LineSource
from app.bulk.rows import BATCH_BYTES, BATCH_ROWS, Batch, Column, Position, Prediction, PredictionColumns

DELIMITERS = {".csv": ",", ".tsv": "\t"}


class CsvReader:
    """The rows below a header. Blank lines are passed over; where there is one column only, they are blank texts."""

    def __init__(self, path: Path, delimiter: str, text_column: str) -> None:
        """Raises `InputError` where there is no header or the column of texts is not in it."""
        csv.field_size_limit(LINE_LIMIT_BYTES)  # one for the whole process
        self._path, self._delimiter = path, delimiter
        with LineSource(path) as source:
            self.size = source.size
            header = next((record for record in _records(source, delimiter) if record.fields), None)
            self._body = source.position
        if header is None:
            raise InputError(f"{path} is empty. Its first line names the columns, for example: id,text")
        if header.fault is not None:
            raise InputError(f"{path}: the header cannot be read: {header.fault}.")
        names = [name.strip() for name in header.fields]
        self.columns: Sequence[Column] = [Column(name) for name in names]
        self._text = text_index(names, text_column, path)

    def batches(self, position: Position | None) -> Iterator[Batch]:
        """See `Reader.batches`."""
        with LineSource(self._path, position or self._body) as source:
            records, size = [], 0
            for record in _records(source, self._delimiter):
                if record.fields or record.fault or len(self.columns) == 1:
                    records.append(self._fitted(record))
                    size += len(record.line)
                if len(records) == BATCH_ROWS or size >= BATCH_BYTES:
                    yield self._batch(records, source)
                    records, size = [], 0
            if records:
                yield self._batch(records, source)

    def _fitted(self, record: "_Record") -> "_Record":
        """`record` with as many fields as there are columns."""
        width, found = len(self.columns), len(record.fields)
        if found == width:
            return record
        if width == 1 and not found:
            return record._replace(fields=[""])
        fields = (record.fields + [""] * width)[:width]
        fault = record.fault or f"line {record.number}: {found} field{'s' * (found != 1)} instead of {width}"
        return record._replace(fields=fields, fault=fault)

    def _batch(self, records: list["_Record"], source: LineSource) -> Batch:
        faults = [record.fault for record in records]
        fields = [record.fields for record in records]
        texts = [row[self._text] for row in fields]
        return Batch(texts, faults, lambda: fields, [record.line for record in records], source.position, source.done)


class CsvWriter:
    """A header and a row a line, ended by a line feed."""

    def __init__(
        self, columns: Sequence[Column], added: PredictionColumns, delimiter: str, *, native: bool = False
    ) -> None:
        """`native` says that the rows come from a CSV file with the same delimiter."""
        self._columns, self._added, self._delimiter, self._native = columns, added, delimiter, native
        self._buffer = io.StringIO(newline="")
        self._csv = csv.writer(self._buffer, delimiter=delimiter, lineterminator="\n")
        self._labels = {label: self._line([label]).rstrip(b"\n") for label in added.labels}
        self._separator = delimiter.encode()

    def header(self) -> bytes:
        """See `Writer.header`."""
        return self._line([*(column.name for column in self._columns), *self._added.names])

    def encode(self, batch: Batch, predictions: Sequence[Prediction]) -> bytes:
        """See `Writer.encode`."""
        lines = batch.native if self._native else [None] * len(predictions)
        parts: list[bytes] = []
        for line, fault, row, prediction in zip(lines, batch.faults, batch.values(), predictions, strict=True):
            if line is not None and fault is None:
                parts += (line.rstrip(b"\r\n"), self._separator, self._end(prediction))
            else:
                parts.append(self._line([*map(cell, row), *self._added.values(prediction)]))
        return b"".join(parts)

    def finish(self, rows: Path) -> Path:
        """See `Writer.finish`."""
        return rows

    def _end(self, prediction: Prediction) -> bytes:
        """The new values, as `csv.writer` would write them; mostly in a third of its time."""
        label, known = prediction.label, prediction.known_words
        if label is None or known is None:
            return self._line(self._added.values(prediction))
        numbers = to_json(prediction.probabilities)[1:-1].replace(b",", self._separator)
        return self._separator.join((self._labels[label], numbers, b"%d" % known, b"\n"))

    def _line(self, values: Sequence[object]) -> bytes:
        self._csv.writerow(values)
        line = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return line.encode()


class _Record(NamedTuple):
    """A row as it stands in the file, from line `number` on."""

    number: int
    fields: list[str]
    fault: str | None
    line: bytes


def _records(source: LineSource, delimiter: str) -> Iterator[_Record]:
    """Every row, blank lines among them, which have no fields."""
    feed = _Feed(source)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        number = source.number + 1
        feed.begin()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault = feed.fault or _syntax_error(str(error), number, source.number)
            source.push_back(feed.lines[1:])
            yield _Record(number, _lenient(feed.lines[0], delimiter), fault, feed.lines[0])
        else:
            yield _Record(number, fields, feed.fault, b"".join(feed.lines))


class _Feed:
    """Hands a source's lines to `csv.reader`, decoded, and remembers those of the row that is being read."""

    def __init__(self, source: LineSource) -> None:
        self._source = source
        self.begin()

    def begin(self) -> None:
        """A row begins with the next line."""
        self.lines: list[bytes] = []
        self.fault: str | None = None

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        raw = next(self._source)
        self.lines.append(raw)
        if len(raw) > LINE_LIMIT_BYTES:
            self.fault = f"line {self._source.number} is longer than {LINE_LIMIT_BYTES:,} bytes"
            return "\n"
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            self.fault = self.fault or not_utf8(self._source.number, raw, error.start)
            return raw.decode(errors="replace")


def not_utf8(number: int, raw: bytes, at: int) -> str:
    """What is wrong with the line, and where."""
    return f"line {number} is not UTF-8: byte 0x{raw[at]:02X} at position {at + 1}"


def _lenient(raw: bytes, delimiter: str) -> list[str]:
    """What can be made of the fields of a line whose quotes are wrong."""
    try:
        return next(csv.reader([raw.decode(errors="replace").rstrip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        return []


def _syntax_error(error: str, begins: int, line: int) -> str:
    if error.startswith("field larger"):
        return f"the row from line {begins} on has a field of more than {csv.field_size_limit():,} characters"
    if error.startswith("new-line"):
        return f"line {line} has a carriage return in the middle of a row"
    return f"line {begins} has a double quote that is misplaced or never closed"
