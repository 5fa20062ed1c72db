"""Labelled texts from a file: CSV, TSV, JSON Lines or Parquet, told by its name."""

from collections.abc import Iterator
from pathlib import Path

from training.data.columns import Columns
from training.data.csv_rows import csv_rows
from training.data.json_rows import json_rows
from training.data.problems import Kind, ProblemLog, shown
from training.data.rows import RawRow, Row, clean

EXTENSIONS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".csv.gz", ".tsv.gz", ".jsonl.gz", ".ndjson.gz")


def read_rows(path: Path, log: ProblemLog, columns: Columns | None = None) -> Iterator[Row]:
    """The usable rows of the file in order, streamed; what is wrong with the others is in `log` afterwards.

    Raises `InvalidDataError` where reading cannot go on or there are no rows; `log.check()` does where there are
    other fatal problems.
    """
    empty = True
    for raw in raw_rows(path, log, columns or Columns()):
        empty = False
        row = clean(raw, log)
        if row is not None:
            yield row
    if empty:
        log.check()
        raise log.failure(Kind.EMPTY_FILE, "the file has a header but no rows")


def raw_rows(path: Path, log: ProblemLog, columns: Columns) -> Iterator[RawRow]:
    """The rows as the file's format gives them."""
    if not path.exists():
        raise log.failure(Kind.UNREADABLE, f"there is no such file: {path}")
    if path.is_dir():
        raise log.failure(Kind.UNREADABLE, f"{path} is a folder. Name the file in it")
    match format_of(path):
        case ".csv":
            return csv_rows(path, ",", columns, log)
        case ".tsv":
            return csv_rows(path, "\t", columns, log)
        case ".jsonl" | ".ndjson":
            return json_rows(path, columns, log)
        case ".parquet":
            return _parquet_rows(path, columns, log)
        case _:
            raise log.failure(
                Kind.UNREADABLE, f"files ending in {shown(path.suffix)} are not read, only {', '.join(EXTENSIONS)}"
            )


def _parquet_rows(path: Path, columns: Columns, log: ProblemLog) -> Iterator[RawRow]:
    try:
        from training.data.parquet_rows import parquet_rows  # noqa: PLC0415 - pyarrow takes long, and may not be there
    except ModuleNotFoundError as error:
        raise log.failure(
            Kind.UNREADABLE, "Parquet needs pyarrow, which is not installed. Install it (pip install 'tercet[parquet]')"
        ) from error
    return parquet_rows(path, columns, log)


def format_of(path: Path) -> str:
    """The extension that tells the format: `.csv` of `a.csv` and of `a.csv.gz`; of `a.parquet.gz` none."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    if "".join(suffixes[-2:]) in EXTENSIONS:
        return suffixes[0]
    return suffixes[-1] if suffixes and suffixes[-1] in EXTENSIONS else ""
