"""A labelled file as the pipeline takes it: read, checked and numbered, with what was left out and why."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.columns import Columns
from training.data.problems import FoundColumns, Kind, Problem, ProblemLog
from training.data.reading import read_rows
from training.data.rows import Row
from training.data.validation import MIN_ROWS_PER_CLASS, check_classes, check_labels, warn_of_few, without_repeats
from training.progress import Progress, SilentProgress

ADVANCE_ROWS = 10_000  # rows between two signs of progress


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """The usable rows of one file, in its order.

    `targets` int32 (rows,) index into `labels`; `line_numbers` count from 1 (in Parquet they number the rows).
    `rows_read` are all rows, so `rows_read - len(texts)` is the sum of `rows` over `problems`.
    `fingerprint` is the sha256 of the usable texts and labels in order, whatever the file's format or name.
    `source` is the file's name without its folder, `columns` are those it has.
    """

    texts: tuple[str, ...]
    targets: NDArray[np.int32]
    labels: tuple[str, ...]
    line_numbers: tuple[int, ...]
    problems: tuple[Problem, ...]
    fingerprint: str
    source: str
    rows_read: int
    columns: FoundColumns

    def __len__(self) -> int:
        return len(self.texts)

    def label_counts(self) -> dict[str, int]:
        """Rows per label, in the order of `labels`."""
        counts = np.bincount(self.targets, minlength=len(self.labels))
        return dict(zip(self.labels, counts.tolist(), strict=True))

    def summary(self) -> dict[str, Any]:
        """What was read and what became of it, in the types of JSON."""
        return {
            "source": self.source,
            "rows_read": self.rows_read,
            "rows": len(self),
            "labels": self.label_counts(),
            "duplicates": sum(problem.rows for problem in self.problems if problem.kind is Kind.DUPLICATE),
            "columns": [*self.columns.all],
            "text_column": self.columns.text,
            "label_column": self.columns.label,
            "fingerprint": self.fingerprint,
            "problems": [problem.as_dict() for problem in self.problems],
        }


def load_dataset(
    path: Path,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    progress: Progress | None = None,
    min_rows_per_class: int = MIN_ROWS_PER_CLASS,
) -> Dataset:
    """The file's rows for training: every text once, its label beyond dispute, `labels` sorted.

    The columns default to those of the usual names (`columns.Columns`). What is left out is
    told to `progress` and kept in `problems`. Raises `InvalidDataError` (a `DataError`) that lists everything
    found, where the file cannot be read, has one class only, or a class with too few rows.
    """
    log = ProblemLog(path.name)
    watch = progress or SilentProgress()
    rows = read_all(path, log, Columns(text_column, label_column), watch)
    kept = without_repeats(rows, log)
    check_classes(kept, min_rows_per_class, log)
    log.check()
    if min_rows_per_class > 1:  # else the caller takes any
        warn_of_few(kept, log)
    return assemble(kept, sorted({row.label for row in kept}), log, watch)


def load_evaluation(
    path: Path,
    labels: Sequence[str],
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """The file's rows for measuring a model that knows `labels`, in whose order they are numbered.

    Repeated texts stay, since they are part of what is measured; any number of rows and classes will do.
    Raises `InvalidDataError` (a `DataError`) where the file cannot be read, no row is usable, or a label is not
    among `labels`.
    """
    log = ProblemLog(path.name)
    watch = progress or SilentProgress()
    rows = read_all(path, log, Columns(text_column, label_column), watch)
    check_labels(rows, labels, log)
    log.check()
    return assemble(rows, labels, log, watch)


def read_all(path: Path, log: ProblemLog, columns: Columns, progress: Progress) -> list[Row]:
    """All usable rows, with signs of progress."""
    progress.stage(f"reading {path.name}")
    rows = []
    for row in read_rows(path, log, columns):
        rows.append(row)
        if len(rows) % ADVANCE_ROWS == 0:
            progress.advance(len(rows))
    progress.advance(len(rows))
    return rows


def assemble(rows: Sequence[Row], labels: Sequence[str], log: ProblemLog, progress: Progress) -> Dataset:
    """The data set of rows that have been checked."""
    problems = log.problems()
    for problem in problems:
        progress.warn(f"{log.source}: {problem.message}")
    number = {label: index for index, label in enumerate(labels)}
    return Dataset(
        texts=tuple(row.text for row in rows),
        targets=np.array([number[row.label] for row in rows], dtype=np.int32),
        labels=tuple(labels),
        line_numbers=tuple(row.line for row in rows),
        problems=problems,
        fingerprint=fingerprint(rows),
        source=log.source,
        rows_read=len(rows) + sum(problem.rows for problem in problems),
        columns=log.columns,
    )


def fingerprint(rows: Iterable[Row]) -> str:
    """sha256, in hexadecimal, of a line `["text", "label"]` of UTF-8 JSON for each row."""
    digest = hashlib.sha256()
    for line in json_lines(rows):
        digest.update(line)
    return digest.hexdigest()


def json_lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """The content of the rows, free of what only their file decides."""
    for row in rows:
        yield json.dumps([row.text, row.label], ensure_ascii=False).encode("utf-8") + b"\n"
