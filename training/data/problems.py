"""What can be wrong with a data file, counted per kind, with the first places and the remedy.

All problems of a file are gathered before it is refused, so that one round of repairs is enough.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from training.errors import DataError

FIRST = 5  # places shown per problem
LISTED = 20  # names shown per list
QUOTED = 60  # characters shown of a value


class Kind(StrEnum):
    """A kind of problem; the value is its name for machines."""

    UNREADABLE = "unreadable"
    EMPTY_FILE = "empty_file"
    MISSING_COLUMN = "missing_column"
    UNCLEAR_COLUMN = "unclear_column"
    WRONG_ENCODING = "wrong_encoding"
    NUL_BYTE = "nul_byte"
    MALFORMED = "malformed"
    RAGGED_ROW = "ragged_row"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_LABEL = "unknown_label"
    NO_ROWS = "no_rows"
    ONE_CLASS = "one_class"
    SMALL_CLASS = "small_class"
    FEW_ROWS = "few_rows"
    EMPTY_TEXT = "empty_text"
    MISSING_LABEL = "missing_label"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


# The kinds that only cost the rows they count; every other kind makes the file unusable.
TOLERATED = frozenset({Kind.FEW_ROWS, Kind.EMPTY_TEXT, Kind.MISSING_LABEL, Kind.DUPLICATE, Kind.CONFLICT})

# For the kinds that are counted row by row: what is wrong, and what to do about it.
WORDING = {
    Kind.WRONG_ENCODING: (
        "wrong encoding, not UTF-8",
        "Convert the file, for example: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW",
    ),
    Kind.NUL_BYTE: (
        "NUL bytes",
        "Text has none. If the file is UTF-16, convert it: iconv -f UTF-16LE -t UTF-8 OLD > NEW",
    ),
    Kind.MALFORMED: ("malformed", "A JSON Lines file holds one JSON object a line."),
    Kind.RAGGED_ROW: ("ragged rows", "A field that contains the separator or a line break belongs in double quotes."),
    Kind.WRONG_TYPE: (
        "value of the wrong type",
        "A text is a string; a label is a string, a number or a boolean.",
    ),
    Kind.EMPTY_TEXT: ("empty text", "Left out."),
    Kind.MISSING_LABEL: ("missing label", "Left out."),
    Kind.DUPLICATE: ("text that was there before under the same label", "The first of each is kept."),
    Kind.CONFLICT: ("same text under two labels", "All of them are left out."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of problem of one file.

    `rows` is how many rows have it (0 where it is the file's own), `first` the line numbers of the
    first of them, counted from 1; in Parquet, which has no lines, the row numbers.
    """

    kind: Kind
    message: str
    rows: int = 0
    first: tuple[int, ...] = ()

    @property
    def fatal(self) -> bool:
        """Whether the file cannot be used at all."""
        return self.kind not in TOLERATED

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {"kind": self.kind.value, "message": self.message, "rows": self.rows, "first": [*self.first]}


class InvalidDataError(DataError):
    """A file that cannot be used.

    `problems` are all that were found, the fatal ones first: rows that were left out may be why a class is small.
    """

    def __init__(self, source: str, problems: tuple[Problem, ...]) -> None:
        self.source = source
        self.problems = problems
        messages = [problem.message for problem in problems]
        if len(messages) == 1:
            super().__init__(f"{source}: {messages[0]}")
        else:
            bullets = "".join(f"\n- {message}" for message in messages)
            super().__init__(f"{source}: {len(messages)} problems{bullets}")


@dataclass(slots=True)
class Tally:
    """How many rows have a problem, and the first of them as (line, detail)."""

    rows: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FoundColumns:
    """The names of all columns of a file, and those of its text and its label."""

    all: tuple[str, ...]
    text: str
    label: str


class ProblemLog:
    """Gathers the problems of the file called `source` while it is read and checked, and which columns it has."""

    def __init__(self, source: str, *, unit: str = "line") -> None:
        self.source = source
        self.unit = unit
        self.columns = FoundColumns((), "", "")
        self._tallies: dict[Kind, Tally] = {}
        self._others: list[Problem] = []

    def add(self, kind: Kind, line: int, detail: str = "") -> None:
        """The row at `line` has a problem of a kind that `WORDING` knows."""
        tally = self._tallies.setdefault(kind, Tally())
        tally.rows += 1
        if len(tally.first) < FIRST:
            tally.first.append((line, detail))

    def report(self, problem: Problem) -> None:
        """A problem that is not counted row by row."""
        self._others.append(problem)

    def failure(self, kind: Kind, message: str) -> InvalidDataError:
        """The error to raise where nothing can be read beyond this problem; it lists those so far too."""
        self.report(Problem(kind, message))
        return InvalidDataError(self.source, self.problems())

    def check(self) -> None:
        """Raise `InvalidDataError` with all problems so far, if one of them is fatal."""
        problems = self.problems()
        if any(problem.fatal for problem in problems):
            raise InvalidDataError(self.source, problems)

    def problems(self) -> tuple[Problem, ...]:
        """Everything so far, in the order of `Kind`: the fatal ones first."""
        counted = [self._worded(kind, tally) for kind, tally in self._tallies.items()]
        order = list(Kind)
        return tuple(sorted(counted + self._others, key=lambda problem: order.index(problem.kind)))

    def _worded(self, kind: Kind, tally: Tally) -> Problem:
        what, remedy = WORDING[kind]
        places = [f"{self.unit} {line}{detail and f': {detail}'}" for line, detail in tally.first]
        more = ["…"] if tally.rows > len(places) else []
        message = f"{what}: {counted(tally.rows, 'row')} ({'; '.join(places + more)}). {remedy}"
        return Problem(kind, message, tally.rows, tuple(line for line, _ in tally.first))


def counted(number: int, noun: str) -> str:
    """Such as `1 row` or `1,200 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def shown(value: object) -> str:
    """`value` as a short quotation in a message."""
    quoted = repr(value)
    return quoted if len(quoted) <= QUOTED else f"{quoted[:QUOTED]}…"


def listed(values: Iterable[object]) -> str:
    """`values` as a short list in a message."""
    quoted = [shown(value) for value in values]
    rest = len(quoted) - LISTED
    return ", ".join(quoted[:LISTED]) + (f" and {rest:,} more" if rest > 0 else "")
