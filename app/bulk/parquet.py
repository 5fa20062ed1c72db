"""Parquet, by pyarrow, which is not installed with the service: this is the only module that imports it.

A Parquet file cannot be appended to. So rows are kept as Arrow streams, one a batch, until the last is there.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from app.bulk.cells import cell
from app.bulk.columns import text_index
from app.bulk.errors import InputError, MissingExtraError
from app.bulk.rows import BATCH_BYTES, BATCH_ROWS, Batch, Column, Kind, Position, Prediction, PredictionColumns

GROUP_ROWS = 1 << 16
GROUP_BYTES = 64 << 20
"""A row group of the output ends at whichever comes first."""


def pyarrow() -> Any:
    """The library with its submodules. Raises `MissingExtraError` that says how to install it."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        import pyarrow.ipc  # noqa: PLC0415
        import pyarrow.parquet  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError("Parquet needs pyarrow: pip install 'tercet[parquet]'") from error
    return pa


class ParquetReader:
    """The rows of a file, row group by row group."""

    def __init__(self, path: Path, text_column: str) -> None:
        """Raises `InputError` where the file is damaged, or has no column of strings of that name."""
        self._pa = pyarrow()
        self._path = path
        with self._open() as file:
            self.schema = file.schema_arrow
            self.size: int = file.metadata.num_rows
        self.columns: Sequence[Column] = [Column(name) for name in self.schema.names]
        self._text = text_index(self.schema.names, text_column, path)
        kind = _held(self._pa, self.schema.field(self._text).type)
        if not (_is_string(self._pa, kind) or self._pa.types.is_null(kind)):
            raise InputError(f"{path}: the column {text_column!r} is of type {kind}; texts are strings.")

    def batches(self, position: Position | None) -> Iterator[Batch]:
        """See `Reader.batches`. A place is a row group and how many batches of it are done."""
        first, skipped = (position["group"], position["batches"]) if position else (0, 0)
        with self._open() as file:
            done = sum(file.metadata.row_group(index).num_rows for index in range(first))
            for group in range(first, file.num_row_groups):
                for number, rows in enumerate(self._group(file, group), 1):
                    done += len(rows)
                    if group > first or number > skipped:
                        yield self._batch(rows, {"group": group, "batches": number}, done)

    def _group(self, file: Any, group: int) -> Iterator[Any]:
        metadata = file.metadata.row_group(group)
        fitting = BATCH_BYTES * metadata.num_rows // max(1, metadata.total_byte_size)
        try:
            yield from file.iter_batches(max(1, min(BATCH_ROWS, fitting)), row_groups=[group], use_threads=False)
        except (self._pa.ArrowException, OSError) as error:
            raise InputError(f"{self._path}: row group {group} is damaged ({error}). Write it again.") from error

    def _batch(self, rows: Any, position: Position, done: int) -> Batch:
        texts, faults = self._strings(rows.column(self._text))
        return Batch(texts, faults, lambda: self._values(rows), rows, position, done)

    def _values(self, rows: Any) -> Iterator[Sequence[object]]:
        return zip(*(self._plain(*pair) for pair in zip(rows.schema, rows.columns, strict=True)), strict=True)

    def _plain(self, field: Any, column: Any) -> list[Any]:
        """A column's values; points of time as strings, since Python's have no nanoseconds."""
        try:
            if _is_string(self._pa, _held(self._pa, field.type)):
                return self._strings(column)[0]
            values: list[Any] = column.cast(_readable(self._pa, field.type)).to_pylist()
        except (ValueError, OverflowError, self._pa.ArrowException) as error:
            raise InputError(
                f"{self._path}: the column {field.name!r} of type {field.type} has no text form ({error}). "
                "Write Parquet, or leave the column out."
            ) from error
        return values

    def _strings(self, column: Any) -> tuple[list[Any], list[str | None]]:
        """The values of a column of strings, and what is wrong with them."""
        try:
            return column.to_pylist(), [None] * len(column)
        except UnicodeDecodeError:
            plain = column.dictionary_decode() if self._pa.types.is_dictionary(column.type) else column
            raw = plain.cast(self._pa.large_binary()).to_pylist()
            texts = [None if value is None else str(value, "utf-8", "replace") for value in raw]
            sound = [
                value is None or bytes(str(text), "utf-8") == value for text, value in zip(texts, raw, strict=True)
            ]
            return texts, [None if good else "text is not UTF-8" for good in sound]

    def _open(self) -> Any:
        try:
            return self._pa.parquet.ParquetFile(self._path, buffer_size=1 << 20, pre_buffer=False)
        except (self._pa.ArrowException, OSError) as error:
            raise InputError(f"{self._path} is no Parquet file, or a damaged one ({error}).") from error


class ParquetWriter:
    """Rows with the types that the input has; probabilities are float32."""

    def __init__(self, columns: Sequence[Column], added: PredictionColumns, *, schema: Any = None) -> None:
        """`schema` is that of a Parquet input, whose rows are taken as they are."""
        self._pa = pa = pyarrow()
        self._native = schema is not None
        self._own = schema if self._native else pa.schema([(name, _type(pa, kind)) for name, kind in columns])
        types = [pa.string(), *[pa.float32()] * len(added.labels), pa.int32(), pa.string()]
        self._new = pa.schema(list(zip(added.names, types, strict=True)))
        self._schema = pa.schema([*self._own, *self._new], metadata=self._own.metadata)
        self._added = added

    def header(self) -> bytes:
        """See `Writer.header`."""
        return b""

    def encode(self, batch: Batch, predictions: Sequence[Prediction]) -> bytes:
        """See `Writer.encode`."""
        pa = self._pa
        own = batch.native.columns if self._native else self._arrays(batch.values(), self._own)
        new = self._arrays(map(self._added.values, predictions), self._new)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self._schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
            stream.write_batch(pa.record_batch([*own, *new], schema=self._schema))
        content: bytes = sink.getvalue().to_pybytes()
        return content

    def finish(self, rows: Path) -> Path:
        """See `Writer.finish`."""
        finished = rows.with_name("finished")
        with self._pa.parquet.ParquetWriter(finished, self._schema) as file:
            for group in _groups(self._batches(rows)):
                file.write_table(self._pa.Table.from_batches(group))
        return finished

    def _batches(self, path: Path) -> Iterator[Any]:
        with path.open("rb") as file:
            while file.peek(1):
                yield from self._pa.ipc.open_stream(file)

    def _arrays(self, rows: Iterable[Sequence[object]], schema: Any) -> list[Any]:
        """The columns of `rows`, which are not none."""
        columns = zip(*rows, strict=True)
        return [self._array(values, field.type) for values, field in zip(columns, schema, strict=True)]

    def _array(self, values: Sequence[object], kind: Any) -> Any:
        if _is_string(self._pa, kind):
            values = [value if value is None or isinstance(value, str) else str(cell(value)) for value in values]
        return self._pa.array(values, kind)


def _groups(batches: Iterable[Any]) -> Iterator[list[Any]]:
    """`batches` gathered into row groups."""
    group: list[Any] = []
    rows = size = 0
    for batch in batches:
        group.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= GROUP_ROWS or size >= GROUP_BYTES:
            yield group
            group, rows, size = [], 0, 0
    if group:
        yield group


def _type(pa: Any, kind: Kind) -> Any:
    types = {Kind.TEXT: pa.string, Kind.INTEGER: pa.int64, Kind.NUMBER: pa.float64, Kind.BOOLEAN: pa.bool_}
    return types[kind]()


def _held(pa: Any, kind: Any) -> Any:
    """The type of the values, which a dictionary holds once each."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _readable(pa: Any, kind: Any) -> Any:
    """`kind` with strings for points of time, however deep they lie."""
    types = pa.types
    if types.is_timestamp(kind) or types.is_time(kind):
        return pa.string()
    if types.is_list(kind) or types.is_large_list(kind):
        return pa.list_(_readable(pa, kind.value_type))
    if types.is_struct(kind):
        return pa.struct([(field.name, _readable(pa, field.type)) for field in kind])
    return kind


def _is_string(pa: Any, kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
