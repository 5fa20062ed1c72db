"""Whether rows can be learnt from: texts told apart, labels agreed on, classes large enough.

Two texts are the same when they differ in case, white space or Unicode composition only. Near twins would
otherwise land on both sides of a split and flatter the figures of the held-out part.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence

from training.data.problems import FIRST, Kind, Problem, ProblemLog, counted, listed, shown
from training.data.rows import Row

# The smallest class of which a tenth, the held-out part of the default split, is a whole row.
MIN_ROWS_PER_CLASS = 10


def identity(text: str) -> str:
    """What two texts have in common when they are the same."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def without_repeats(rows: Sequence[Row], log: ProblemLog) -> list[Row]:
    """The rows in order, of the same text the first only; none of it where the labels disagree.

    Every row that is dropped is counted in `log`, once.
    """
    keys = [identity(row.text) for row in rows]
    first: dict[str, Row] = {}
    for key, row in zip(keys, rows, strict=True):
        first.setdefault(key, row)
    disputed = {key for key, row in zip(keys, rows, strict=True) if row.label != first[key].label}
    kept = []
    for key, row in zip(keys, rows, strict=True):
        if key in disputed:
            log.add(Kind.CONFLICT, row.line, shown(row.label))
        elif row is not first[key]:
            log.add(Kind.DUPLICATE, row.line, f"as in {log.unit} {first[key].line}")
        else:
            kept.append(row)
    return kept


def check_classes(rows: Sequence[Row], min_rows_per_class: int, log: ProblemLog) -> None:
    """Report in `log` where there are no rows, one class only, or classes with too few rows."""
    counts = Counter(row.label for row in rows)
    if not rows:
        log.report(no_rows())
    if len(counts) == 1:
        what = f"one class only: {listed(counts)} in {counted(len(rows), 'row')}. A classifier needs two at least"
        log.report(Problem(Kind.ONE_CLASS, what, len(rows), first_lines(rows)))
    small = {label for label, count in counts.items() if count < min_rows_per_class}
    if small:
        log.report(too_few(small, counts, [row for row in rows if row.label in small], min_rows_per_class))


def no_rows() -> Problem:
    """Nothing is left of the file."""
    return Problem(Kind.NO_ROWS, "no usable row: each was left out, or could not be read")


def too_few(small: set[str], counts: Counter[str], rows: Sequence[Row], minimum: int) -> Problem:
    """Classes that are too small to be split; `rows` are theirs."""
    smallest = sorted(small, key=lambda label: (counts[label], label))
    examples = ", ".join(f"{shown(label)} has {counts[label]}" for label in smallest[:FIRST])
    more = f" and {len(small) - FIRST:,} more classes" if len(small) > FIRST else ""
    what = f"too few rows: a class needs {minimum}, but {examples}{more}"
    remedy = "Add rows, merge classes, or leave these out; is it the right label column?"
    return Problem(Kind.SMALL_CLASS, f"{what}. {remedy}", len(rows), first_lines(rows))


def check_labels(rows: Sequence[Row], known: Sequence[str], log: ProblemLog) -> None:
    """Report in `log` where there are no rows, or labels that are not among `known`."""
    if not rows:
        log.report(no_rows())
    strangers = [row for row in rows if row.label not in known]
    if strangers:
        unknown = listed(sorted({row.label for row in strangers}))
        lines = ", ".join(map(str, first_lines(strangers)))
        what = f"unknown labels: {unknown} in {counted(len(strangers), 'row')} (the first: {log.unit} {lines})"
        remedy = f"The known ones are {listed(known)}"
        log.report(Problem(Kind.UNKNOWN_LABEL, f"{what}. {remedy}", len(strangers), first_lines(strangers)))


def first_lines(rows: Sequence[Row]) -> tuple[int, ...]:
    """The lines of the first few rows."""
    return tuple(row.line for row in rows[:FIRST])
