"""Which column holds the text and which the label."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.data.problems import FoundColumns, Kind, Problem, ProblemLog, listed, shown

TEXT_COLUMN = "text"
LABEL_COLUMNS = ("label", "author", "class", "category", "sentiment", "target")


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the two columns; None is the default: `text`, and the one of `LABEL_COLUMNS` that is there."""

    text: str | None = None
    label: str | None = None

    def choose(self, seen: Sequence[str], log: ProblemLog) -> tuple[str, str]:
        """The names of the text and the label column among those that the file has.

        They are kept in `log.columns` too. Raises `InvalidDataError` with the columns it saw where one is missing,
        there twice, or not to be told.
        """
        text = self.text or TEXT_COLUMN
        candidates = (self.label,) if self.label else tuple(name for name in LABEL_COLUMNS if name in seen)
        faults = [missing(text, "text", seen)] if text not in seen else []
        if len(candidates) > 1:
            faults.append(ambiguous(candidates))
        elif not candidates or candidates[0] not in seen:
            faults.append(missing(candidates[0] if candidates else None, "label", seen))
        faults += [repeated(name) for name in (text, *candidates) if seen.count(name) > 1]
        if candidates == (text,):
            faults.append(Problem(Kind.UNCLEAR_COLUMN, f"{shown(text)} cannot be both the text and the label column"))
        for fault in faults:
            log.report(fault)
        if faults:
            log.check()
        log.columns = FoundColumns(tuple(seen), text, candidates[0])
        return text, candidates[0]


def missing(name: str | None, role: str, seen: Sequence[str]) -> Problem:
    """No column of that role; without a name, none of the default label columns is there."""
    wanted = f"no {role} column {shown(name)}" if name else f"no {role} column (one of {listed(LABEL_COLUMNS)})"
    columns = f"the file has the columns {listed(seen)}" if seen else "the file has no columns"
    return Problem(Kind.MISSING_COLUMN, f"{wanted}; {columns}. Say which of them is the {role} column")


def ambiguous(candidates: Sequence[str]) -> Problem:
    """Several columns that could be the label."""
    message = f"the columns {listed(candidates)} could all be the label. Say which of them is the label column"
    return Problem(Kind.UNCLEAR_COLUMN, message)


def repeated(name: str) -> Problem:
    """A column that is needed and there more than once."""
    return Problem(Kind.UNCLEAR_COLUMN, f"the column {shown(name)} is there more than once. Rename the others")
