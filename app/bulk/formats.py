"""Which format a file has, by its name, and what reads and writes it."""

from collections.abc import Sequence
from pathlib import Path

from app.bulk.columns import check_distinct
from app.bulk.csv_format import DELIMITERS, CsvReader, CsvWriter
from app.bulk.errors import InputError, OutputError
from app.bulk.json_lines import JsonLinesReader, JsonLinesWriter
from app.bulk.parquet import ParquetReader, ParquetWriter
from app.bulk.rows import Column, PredictionColumns, Reader, Writer

JSON_LINES = ".jsonl"
PARQUET = ".parquet"
FORMATS = {".csv": ".csv", ".tsv": ".tsv", ".jsonl": JSON_LINES, ".ndjson": JSON_LINES, ".parquet": PARQUET}
_THERE_ARE = ".csv, .tsv, .jsonl, .ndjson and .parquet"


def input_format(path: Path) -> str:
    """The format of an input; a text format may be compressed by gzip. Raises `InputError` for another suffix."""
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    found = FORMATS.get(plain.suffix.lower())
    if found is None or (found == PARQUET and plain is not path):
        raise InputError(f"{path}: the name of an input ends in {_THERE_ARE}; .gz may follow but for Parquet.")
    return found


def output_format(path: Path) -> str:
    """The format of an output. Raises `OutputError` for another suffix."""
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        more = " Compress it afterwards." if path.suffix.lower() == ".gz" else ""
        raise OutputError(f"{path}: the name of an output ends in {_THERE_ARE}.{more}")
    return found


def open_reader(path: Path, text_column: str, columns: Sequence[Column] | None) -> Reader:
    """The reader of `path`. `columns`, where they are known from before, spare reading JSON Lines for them.

    Raises `InputError`, or `MissingExtraError` for Parquet.
    """
    match input_format(path):
        case ".parquet":
            return ParquetReader(path, text_column)
        case ".jsonl":
            return JsonLinesReader(path, text_column, columns)
        case delimited:
            return CsvReader(path, DELIMITERS[delimited], text_column)


def open_writer(path: Path, source: Path, reader: Reader, added: PredictionColumns) -> Writer:
    """The writer of `path` for the rows of `source`. Raises `InputError` where the format cannot hold the columns."""
    kind = output_format(path)
    native = kind == input_format(source)
    if kind in DELIMITERS:
        return CsvWriter(reader.columns, added, DELIMITERS[kind], native=native)
    if not native:
        check_distinct([column.name for column in reader.columns], source, path.name)
    if kind == JSON_LINES:
        return JsonLinesWriter(reader.columns, added, native=native)
    return ParquetWriter(reader.columns, added, schema=reader.schema if isinstance(reader, ParquetReader) else None)
