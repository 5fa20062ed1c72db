"""One labelled text, as a file holds it and as the pipeline takes it."""

import math
from typing import NamedTuple

from training.data.problems import Kind, ProblemLog, shown


class RawRow(NamedTuple):
    """The two values as the file has them, of whatever type; `line` counts from 1 (Parquet: the row)."""

    line: int
    text: object
    label: object


class Row(NamedTuple):
    """A text that is not blank and its label without surrounding blanks."""

    line: int
    text: str
    label: str


def clean(raw: RawRow, log: ProblemLog) -> Row | None:
    """The row, or None where it cannot be used; the reason is then in `log`, once a row."""
    text = "" if raw.text is None else raw.text
    if not isinstance(text, str):
        log.add(Kind.WRONG_TYPE, raw.line, f"text {shown(text)}")
        return None
    label = label_of(raw.label)
    if label is None:
        log.add(Kind.WRONG_TYPE, raw.line, f"label {shown(raw.label)}")
        return None
    if not text or text.isspace():
        log.add(Kind.EMPTY_TEXT, raw.line)
        return None
    if not label:
        log.add(Kind.MISSING_LABEL, raw.line)
        return None
    return Row(raw.line, text, label)


def label_of(value: object) -> str | None:
    """The label as a string, empty where it is missing, None where it is of no type that a label has.

    Numbers become their decimal form and booleans `true` or `false`, as JSON and CSV write them; a NaN is how
    data frames write a missing value.
    """
    if isinstance(value, str):
        return value.strip()
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else None
