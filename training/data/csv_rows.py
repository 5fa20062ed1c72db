"""The rows of a CSV or TSV file, read strictly: nothing is guessed, filled up or cut off.

The standard `csv` module, since data-frame libraries hide line numbers and repair ragged rows in silence.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from training.data.columns import Columns
from training.data.lines import decoded_lines
from training.data.problems import Kind, ProblemLog, counted, shown
from training.data.rows import RawRow

FIELD_LIMIT = 2**20  # characters; beyond it, far more likely a quote that is never closed than a short text


def csv_rows(path: Path, delimiter: str, columns: Columns, log: ProblemLog) -> Iterator[RawRow]:
    """The two values of each row, with the line that the row begins on.

    Blank lines are passed over; ragged rows are counted in `log`. Raises `InvalidDataError` where there is no
    header, a column is missing, or a quote is misplaced.
    """
    numbered = numbered_rows(decoded_lines(path, log), delimiter, log)
    _, header = next(numbered, (0, []))
    if not header:
        raise log.failure(
            Kind.EMPTY_FILE, "the file is empty. Its first line names the columns, for example: text,label"
        )
    if len(header) == 1:
        raise log.failure(Kind.MISSING_COLUMN, one_column(header[0], delimiter))
    names = [name.strip() for name in header]
    text_at, label_at = map(names.index, columns.choose(names, log))
    for line, fields in numbered:
        if len(fields) == len(names):
            yield RawRow(line, fields[text_at], fields[label_at])
        else:
            log.add(Kind.RAGGED_ROW, line, f"{counted(len(fields), 'field')} instead of {len(names)}")


def numbered_rows(lines: Iterator[str], delimiter: str, log: ProblemLog) -> Iterator[tuple[int, list[str]]]:
    """(line that it begins on, fields) of each row that is not blank."""
    csv.field_size_limit(FIELD_LIMIT)  # one for the whole process
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begins = 1
    try:
        for fields in reader:
            if fields:
                yield begins, fields
            begins = reader.line_num + 1
    except csv.Error as error:
        raise log.failure(
            Kind.MALFORMED, f"{syntax_error(str(error), begins, reader.line_num)} Nothing was read beyond it"
        ) from error


def syntax_error(error: str, begins: int, line: int) -> str:
    """The `csv` module's message with its place and remedy."""
    if error.startswith("unexpected end"):
        return f"the row that begins on line {begins} opens a double quote that is never closed."
    if error.startswith("field larger"):
        what = f"the row that begins on line {begins} has a field of more than {csv.field_size_limit():,} characters"
        return f"{what}; is a double quote never closed?"
    if error.startswith("new-line"):
        return f"line {line} has a carriage return in the middle. Convert old Mac line ends: tr '\\r' '\\n' < OLD > NEW"
    what = f"line {line}, in the row that begins on line {begins}: {error}."
    return f"{what} A double quote inside a quoted field is written twice."


def one_column(header: str, delimiter: str) -> str:
    """A header that was not split, most often because the file has another separator."""
    separator = "tabs" if delimiter == "\t" else "commas"
    return f"text and label columns are missing: the only column is {shown(header)}. Separate columns by {separator}"
