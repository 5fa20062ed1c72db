"""The tables of a report that go into detail, ready to print: mistakes by line, lengths, parts, and training rows."""

from collections.abc import Iterable
from dataclasses import dataclass

from training.curve_points import what_rows_bring
from training.mistakes import SHOWN_CELLS, SHOWN_MISTAKES, Confused, Mistake, confused_pairs
from training.report.contents import ReportContents


@dataclass(frozen=True)
class Details:
    """What `details` found; a table without rows is not shown."""

    mistakes: tuple[Mistake, ...]
    """The most confident of them."""
    mistakes_in_all: int
    pairs: tuple[Confused, ...]
    pairs_left_out: int
    by_length: tuple[tuple[str, ...], ...]
    ablations: tuple[tuple[str, ...], ...]
    training_size: tuple[tuple[str, ...], ...]
    crossval: tuple[tuple[str, ...], ...]
    more_rows: str
    """What more rows would bring, in a sentence; may be empty."""


def details(contents: ReportContents) -> Details:
    """The rows of the tables, cells as text."""
    pairs = confused_pairs(contents.mistakes, {each.label: each.support for each in contents.evaluation.per_class})
    return Details(
        contents.mistakes[:SHOWN_MISTAKES],
        len(contents.mistakes),
        pairs[:SHOWN_CELLS],
        max(0, len(pairs) - SHOWN_CELLS),
        tuple(_by_length(contents)),
        tuple(_ablations(contents)),
        tuple(_training_size(contents)),
        () if contents.crossval is None else tuple(contents.crossval.table()),
        what_rows_bring(contents.learning_curve),
    )


def _by_length(contents: ReportContents) -> Iterable[tuple[str, ...]]:
    for each in contents.by_length:
        span = f"{each.shortest:,} to {each.longest:,}" if each.shortest < each.longest else f"{each.shortest:,}"
        losses = (f"{each.log_loss:.3f}", f"{each.baseline_log_loss:.3f}")
        yield (span, f"{each.rows:,}", *losses, f"{each.accuracy:.1%}", f"{each.baseline_accuracy:.1%}")


def _ablations(contents: ReportContents) -> Iterable[tuple[str, ...]]:
    whole = contents.evaluation
    if not contents.ablations:
        return
    for each in contents.ablations:
        gap = f"{each.log_loss - whole.log_loss:+.3f}".replace("-", "\N{MINUS SIGN}")
        yield each.name, f"{each.log_loss:.3f}", gap, f"{each.accuracy:.1%}", f"{each.ece:.3f}"
    yield (
        "all together, which serves", f"{whole.log_loss:.3f}", "", f"{whole.accuracy:.1%}",
        f"{whole.expected_calibration_error:.3f}",
    )  # fmt: skip


def _training_size(contents: ReportContents) -> Iterable[tuple[str, ...]]:
    for each in contents.learning_curve:
        ours = ("\N{EN DASH}", "\N{EN DASH}")
        if each.log_loss is not None and each.accuracy is not None:
            ours = (f"{each.log_loss:.3f}", f"{each.accuracy:.1%}")
        loss, accuracy = ours
        yield f"{each.rows:,}", loss, f"{each.baseline_log_loss:.3f}", accuracy, f"{each.baseline_accuracy:.1%}"
