"""JSON Lines: an object a line. Parsed by the parser that the service uses, so that both accept the same.

An input of the same format keeps its objects as they stand, to the byte, with the new fields at their end.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from app.bulk.columns import text_index
from app.bulk.errors import InputError
from app.bulk.lines import LINE_LIMIT_BYTES, LineSource
from app.bulk.rows import BATCH_BYTES, BATCH_ROWS, Batch, Column, Kind, Position, Prediction, PredictionColumns

MOST_COLUMNS = 10_000
_SAFE_INTEGER = 1 << 53
"""Integers below it are numbers to everyone."""


class JsonLinesReader:
    """The objects of a file. Blank lines are passed over; a line that is no object is a bad row."""

    def __init__(self, path: Path, text_column: str, columns: Sequence[Column] | None = None) -> None:
        """Without `columns`, the whole file is read for them. Raises `InputError` where no object has a text."""
        self._path, self._text = path, text_column
        with LineSource(path) as source:
            self.size = source.size
            self.columns = _survey(source, path) if columns is None else columns
        if self.columns:
            text_index([column.name for column in self.columns], text_column, path)

    def batches(self, position: Position | None) -> Iterator[Batch]:
        """See `Reader.batches`."""
        with LineSource(self._path, position) as source:
            lines: list[bytes] = []
            rows: list[dict[str, Any]] = []
            faults: list[str | None] = []
            size = 0
            for raw in source:
                if raw.isspace():
                    continue
                row, fault = parse(raw, source.number)
                lines.append(raw)
                rows.append(row)
                faults.append(fault)
                size += len(raw)
                if len(rows) == BATCH_ROWS or size >= BATCH_BYTES:
                    yield self._batch(lines, rows, faults, source)
                    lines, rows, faults, size = [], [], [], 0
            if rows:
                yield self._batch(lines, rows, faults, source)

    def _batch(
        self, lines: list[bytes], rows: list[dict[str, Any]], faults: list[str | None], source: LineSource
    ) -> Batch:
        names = [column.name for column in self.columns]
        native = [line if fault is None else None for line, fault in zip(lines, faults, strict=True)]
        return Batch(
            texts=[row.get(self._text) for row in rows],
            faults=faults,
            values=lambda: ([row.get(name) for name in names] for row in rows),
            native=native,
            position=source.position,
            done=source.done,
        )


class JsonLinesWriter:
    """An object a line."""

    def __init__(self, columns: Sequence[Column], added: PredictionColumns, *, native: bool = False) -> None:
        """`native` says that the rows come from JSON Lines."""
        self._names, self._added, self._native = [column.name for column in columns], added, native

    def header(self) -> bytes:
        """See `Writer.header`."""
        return b""

    def encode(self, batch: Batch, predictions: Sequence[Prediction]) -> bytes:
        """See `Writer.encode`."""
        names = self._added.names
        parts: list[bytes] = []
        for head, prediction in zip(self._heads(batch), predictions, strict=True):
            end = to_json(dict(zip(names, self._added.values(prediction), strict=True)))
            parts += (head, end[1:], b"\n")
        return b"".join(parts)

    def finish(self, rows: Path) -> Path:
        """See `Writer.finish`."""
        return rows

    def _heads(self, batch: Batch) -> Iterator[bytes]:
        """Each row's own fields, up to where the next one begins."""
        if self._native:
            for line in batch.native:
                yield b"{" if line is None else _open(line.strip())
        else:
            for row in batch.values():
                fields = dict(zip(self._names, row, strict=True))
                yield _open(to_json(fields, bytes_mode="base64", inf_nan_mode="null"))


def parse(raw: bytes, number: int) -> tuple[dict[str, Any], str | None]:
    """The object of a line; or an empty one, and why there is none."""
    if len(raw) > LINE_LIMIT_BYTES:
        return {}, f"line {number} is longer than {LINE_LIMIT_BYTES:,} bytes"
    try:
        value = from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        return {}, f"line {number} is not JSON in UTF-8: {error}".replace(" at line 1 column ", " at column ")
    if isinstance(value, dict):
        return value, None
    return {}, f"line {number} is no JSON object but a {type(value).__name__}"


def _open(line: bytes) -> bytes:
    head = line[:-1].rstrip()
    return head if head == b"{" else head + b","


def _survey(source: LineSource, path: Path) -> list[Column]:
    """The fields of all objects, in the order of their first appearance."""
    found: dict[str, set[Kind | None]] = {}
    for raw in source:
        row, _ = parse(raw, source.number)
        for name, value in row.items():
            if value is not None:
                found.setdefault(name, set()).add(_kind(value))
            elif name not in found:
                found[name] = set()
        if len(found) > MOST_COLUMNS:
            raise InputError(f"{path}, line {source.number}: more than {MOST_COLUMNS:,} different fields so far.")
    return [Column(name, _common(kinds)) for name, kinds in found.items()]


def _kind(value: object) -> Kind | None:
    """None is what only a text can hold."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _SAFE_INTEGER:
        return None
    return _KINDS.get(type(value))


def _common(kinds: set[Kind | None]) -> Kind:
    """The type that holds all of them."""
    if kinds == {Kind.INTEGER, Kind.NUMBER}:
        return Kind.NUMBER
    (only,) = kinds if len(kinds) == 1 else (None,)
    return only or Kind.TEXT


_KINDS: Mapping[type, Kind] = {str: Kind.TEXT, int: Kind.INTEGER, float: Kind.NUMBER, bool: Kind.BOOLEAN}
