"""Which column holds the text and which the label."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.data.problems import FoundColumns, Kind, Problem, ProblemLog, listed, shown

TEXT_COLUMN = "text"
OTHER_TEXT_COLUMNS = ("tweet", "headline", "review", "sentence", "title")
"""Taken where there is no `text`."""
MOST_COLUMNS = 10_000
"""Each of them is kept by name with what is known of the file."""
LABEL_COLUMNS = ("label", "author", "class", "category", "sentiment", "target")


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the two columns; None is the default: the usual one that is there, in capitals or not.

    For the text that is `text`, or else the one of `OTHER_TEXT_COLUMNS`; for the label the one of `LABEL_COLUMNS`.
    """

    text: str | None = None
    label: str | None = None

    def choose(self, seen: Sequence[str], log: ProblemLog) -> tuple[str, str]:
        """The names of the text and the label column among those that the file has.

        They are kept in `log.columns` too. Raises `InvalidDataError` with the columns it saw where one is missing,
        there twice, or not to be told, or where there are more than `MOST_COLUMNS`.
        """
        if len(seen) > MOST_COLUMNS:
            message = f"{len(seen):,} columns, of which two are needed; the limit is {MOST_COLUMNS:,}. Leave others out"
            raise log.failure(Kind.UNCLEAR_COLUMN, message)
        texts = (self.text,) if self.text else usual((TEXT_COLUMN,), seen) or usual(OTHER_TEXT_COLUMNS, seen)
        labels = (self.label,) if self.label else usual(LABEL_COLUMNS, seen)
        faults = faults_of(texts or (TEXT_COLUMN,), "text", seen) + faults_of(labels, "label", seen)
        if labels and labels == texts:
            faults.append(
                Problem(Kind.UNCLEAR_COLUMN, f"{shown(labels[0])} cannot be both the text and the label column")
            )
        for fault in faults:
            log.report(fault)
        if faults:
            log.check()
        log.columns = FoundColumns(tuple(seen), texts[0], labels[0])
        return texts[0], labels[0]


def usual(names: Sequence[str], seen: Sequence[str]) -> tuple[str, ...]:
    """Those of `names` that are there; where none is, those that are there in another case."""
    exact = tuple(name for name in names if name in seen)
    return exact or tuple(dict.fromkeys(name for name in seen if name.lower() in names))


def faults_of(candidates: Sequence[str], role: str, seen: Sequence[str]) -> list[Problem]:
    """What keeps `candidates` from being one column that is there once."""
    if not candidates:
        return [missing(None, role, seen)]
    faults = [repeated(name) for name in candidates if seen.count(name) > 1]
    if len(candidates) > 1:
        return [ambiguous(candidates, role), *faults]
    return faults if candidates[0] in seen else [missing(candidates[0], role, seen)]


def missing(name: str | None, role: str, seen: Sequence[str]) -> Problem:
    """No column of that role; without a name, none of the default label columns is there."""
    wanted = f"no {role} column {shown(name)}" if name else f"no {role} column (one of {listed(LABEL_COLUMNS)})"
    columns = f"the file has the columns {listed(seen)}" if seen else "the file has no columns"
    return Problem(Kind.MISSING_COLUMN, f"{wanted}; {columns}. Say which of them is the {role} column")


def ambiguous(candidates: Sequence[str], role: str) -> Problem:
    """Several columns that could be the text, or the label."""
    message = f"the columns {listed(candidates)} could all be the {role}. Say which of them is the {role} column"
    return Problem(Kind.UNCLEAR_COLUMN, message)


def repeated(name: str) -> Problem:
    """A column that is needed and there more than once."""
    return Problem(Kind.UNCLEAR_COLUMN, f"the column {shown(name)} is there more than once. Rename the others")
