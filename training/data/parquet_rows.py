"""The rows of a Parquet file; of its columns only two are read, a batch of rows at a time."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from training.data.columns import Columns
from training.data.problems import Kind, ProblemLog, shown
from training.data.rows import RawRow

BATCH_ROWS = 8192
SCALARS = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_boolean,
    pa.types.is_null,
)


def parquet_rows(path: Path, columns: Columns, log: ProblemLog) -> Iterator[RawRow]:
    """The two values of each row, numbered from 1.

    Raises `InvalidDataError` where the file is damaged or a column is missing.
    """
    log.unit = "row"
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            text, label = columns.choose(schema.names, log)
            for name in (text, label):
                check_type(name, schema.field(name).type, log)
            yield from batched_rows(file, text, label)
    except UnicodeDecodeError as error:
        raise log.failure(
            Kind.WRONG_ENCODING, "a string in it is not UTF-8. Write the file again from text that is"
        ) from error
    except (pa.ArrowException, OSError) as error:
        raise log.failure(
            Kind.UNREADABLE, f"not a Parquet file, or a damaged one ({error}). Write or fetch it again"
        ) from error


def check_type(name: str, kind: pa.DataType, log: ProblemLog) -> None:
    """Refuse dates, lists, bytes and the like before a value of theirs is converted."""
    held = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not any(is_kind(held) for is_kind in SCALARS):
        what = f"the column {shown(name)} is of type {kind}"
        raise log.failure(Kind.WRONG_TYPE, f"{what}. A text is a string; a label is a string, a number or a boolean")


def batched_rows(file: pq.ParquetFile, text: str, label: str) -> Iterator[RawRow]:
    """All rows of the two columns."""
    before = 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=[text, label]):
        values = zip(batch[text].to_pylist(), batch[label].to_pylist(), strict=True)
        for line, (text_value, label_value) in enumerate(values, before + 1):
            yield RawRow(line, text_value, label_value)
        before += len(batch)
