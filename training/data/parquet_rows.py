"""The rows of a Parquet file; of its columns only two are read, a batch of rows at a time."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from training.data.columns import Columns
from training.data.problems import Kind, ProblemLog
from training.data.rows import RawRow

BATCH_ROWS = 8192


def parquet_rows(path: Path, columns: Columns, log: ProblemLog) -> Iterator[RawRow]:
    """The two values of each row, numbered from 1.

    Raises `InvalidDataError` where the file is damaged or a column is missing.
    """
    log.unit = "row"
    try:
        with pq.ParquetFile(path) as file:
            text, label = columns.choose(file.schema_arrow.names, log)
            yield from batched_rows(file, text, label)
    except UnicodeDecodeError as error:
        raise log.failure(
            Kind.WRONG_ENCODING, "a string in it is not UTF-8. Write the file again from text that is"
        ) from error
    except (pa.ArrowException, OSError) as error:
        raise log.failure(
            Kind.UNREADABLE, f"not a Parquet file, or a damaged one ({error}). Write or fetch it again"
        ) from error


def batched_rows(file: pq.ParquetFile, text: str, label: str) -> Iterator[RawRow]:
    """All rows of the two columns."""
    before = 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=[text, label]):
        values = zip(batch[text].to_pylist(), batch[label].to_pylist(), strict=True)
        for line, (text_value, label_value) in enumerate(values, before + 1):
            yield RawRow(line, text_value, label_value)
        before += len(batch)
