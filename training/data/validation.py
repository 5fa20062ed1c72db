"""Whether rows can be learnt from: texts told apart, labels agreed on, classes large enough.

Two texts are the same when they differ in case, white space or Unicode composition only. Near twins would
otherwise land on both sides of a split and flatter the figures of the held-out part.
"""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Sequence

from training.data.problems import FIRST, Kind, Problem, ProblemLog, counted, listed, shown
from training.data.rows import Row

MIN_ROWS_PER_CLASS = 3
"""One each for training, validation and test."""
FEW_ROWS_PER_CLASS = 10
"""Below that less than a tenth of a class is a row, and what is said of it rests on one held-out row."""


def identity(text: str) -> str:
    """What two texts have in common when they are the same."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def without_repeats(rows: Sequence[Row], log: ProblemLog) -> list[Row]:
    """The rows in order, of the same text the first only; none of it where the labels disagree.

    Every row that is dropped is counted in `log`, once.
    """
    keys = [_digest(row.text) for row in rows]  # the texts themselves would be there twice
    first: dict[bytes, Row] = {}
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


def _digest(text: str) -> bytes:
    """128 bits that texts share when they are the same."""
    return hashlib.blake2b(identity(text).encode("utf-8", "surrogatepass"), digest_size=16).digest()


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
    what = f"too few rows: a class needs {minimum}, but {sizes(small, counts)}"
    remedy = "Add rows, merge classes, or leave these out; is it the right label column?"
    return Problem(Kind.SMALL_CLASS, f"{what}. {remedy}", len(rows), first_lines(rows))


def warn_of_few(rows: Sequence[Row], log: ProblemLog) -> None:
    """Note in `log` the classes that can be split, and hardly learnt or measured. All of their rows are kept."""
    counts = Counter(row.label for row in rows)
    weak = {label for label, count in counts.items() if count < FEW_ROWS_PER_CLASS}
    if weak:
        meaning = f"Below {FEW_ROWS_PER_CLASS} a class is measured on one held-out row; expect little of it"
        first = first_lines([row for row in rows if row.label in weak])
        log.report(Problem(Kind.FEW_ROWS, f"few rows: {sizes(weak, counts)}. {meaning}", 0, first))


def sizes(labels: set[str], counts: Counter[str]) -> str:
    """The smallest of the classes with their sizes, such as `'a' has 3, 'b' has 4`."""
    smallest = sorted(labels, key=lambda label: (counts[label], label))
    examples = ", ".join(f"{shown(label)} has {counts[label]}" for label in smallest[:FIRST])
    return examples + (f" and {len(labels) - FIRST:,} more classes" if len(labels) > FIRST else "")


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
