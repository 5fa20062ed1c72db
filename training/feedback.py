"""Feedback: corrected labels that come beside the data. They join the training part, never what is held out."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data.columns import Columns
from training.data.dataset import Dataset, fingerprint
from training.data.json_rows import json_rows
from training.data.problems import ProblemLog
from training.data.rows import Row, clean
from training.data.splitting import Split
from training.data.validation import identity


@dataclass(frozen=True, slots=True)
class FeedbackCounts:
    """What became of the texts of a feedback file, each counted once."""

    rows: int
    joined: int
    """New texts."""
    corrected: int
    """Texts of the training part that had another label."""
    known: int
    """Texts of the training part that have this label already."""
    held_out: int
    """Texts of the validation or test part, left out."""
    unknown_label: int
    """Texts with a label that the data do not have, left out."""

    def as_dict(self) -> dict[str, int]:
        """For JSON."""
        return asdict(self)

    @property
    def sentence(self) -> str:
        """For people."""
        return (
            f"Of {self.rows:,} feedback texts {self.joined:,} joined the training rows and {self.corrected:,} "
            f"corrected a label; left out: {self.known:,} known, {self.held_out:,} held out, "
            f"{self.unknown_label:,} with a label that the data do not have."
        )


def read_feedback(path: Path) -> list[Row]:
    """The rows of a JSON Lines file of `text` and `label`; of a text that occurs more than once, the last.

    Raises `InvalidDataError` where a line is not of that form. An empty file has no rows.
    """
    log = ProblemLog(path.name)
    if path.is_file() and not path.stat().st_size:
        return []
    rows = (clean(raw, log) for raw in json_rows(path, Columns("text", "label"), log))
    last = {identity(row.text): row for row in rows if row is not None}
    log.check()
    return list(last.values())


def join(dataset: Dataset, split: Split, feedback: Iterable[Row]) -> tuple[Dataset, Split, FeedbackCounts]:
    """The data set and its split with the feedback in the training part, and what became of it."""
    number = {label: index for index, label in enumerate(dataset.labels)}
    row_of = {identity(text): row for row, text in enumerate(dataset.texts)}
    held_out = {*split.validation.tolist(), *split.test.tolist()}
    targets, new = dataset.targets.copy(), []
    counts = dict.fromkeys(("rows", "joined", "corrected", "known", "held_out", "unknown_label"), 0)
    for each in feedback:
        row, target = row_of.get(identity(each.text)), number.get(each.label)
        fate = _fate(dataset, row, target, held_out)
        counts["rows"] += 1
        counts[fate] += 1
        if fate == "joined":
            new.append(each)
        elif fate == "corrected":
            targets[row_of[identity(each.text)]] = number[each.label]
    joined = np.arange(len(dataset), len(dataset) + len(new))  # (joined,)
    extended = _extended(dataset, np.append(targets, [number[each.label] for each in new]).astype(np.int32), new)
    return extended, replace(split, train=np.append(split.train, joined)), FeedbackCounts(**counts)


def _fate(dataset: Dataset, row: int | None, target: int | None, held_out: set[int]) -> str:
    if target is None:
        return "unknown_label"
    if row is None:
        return "joined"
    if row in held_out:
        return "held_out"
    return "known" if dataset.targets[row] == target else "corrected"


def _extended(dataset: Dataset, targets: NDArray[np.int32], new: list[Row]) -> Dataset:
    texts = dataset.texts + tuple(row.text for row in new)
    lines = dataset.line_numbers + tuple(row.line for row in new)
    labels = [dataset.labels[target] for target in targets]
    rows = map(Row, lines, texts, labels)
    return replace(dataset, texts=texts, targets=targets, line_numbers=lines, fingerprint=fingerprint(rows))
