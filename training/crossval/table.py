"""A cross-validation as tables for a terminal."""

import io

from rich import box
from rich.console import Console
from rich.table import Table

from training.crossval.document import CrossValidation
from training.crossval.summary import FIGURES, Summary
from training.evaluation import Evaluation

_WIDTH = 120
_HEADINGS = ("log loss", "accuracy", "macro F1", "calibration error")
"""Of `FIGURES`."""


def text_of(run: CrossValidation) -> str:
    """The folds, the means with their standard errors, and the figures of all rows at once."""
    console = Console(file=io.StringIO(), width=_WIDTH, highlight=False, markup=False, color_system=None)
    with console.capture() as capture:
        console.print(_folds(run))
        console.print(_summaries(run))
    return capture.get().rstrip() + "\n" + _verdict(run)


def _folds(run: CrossValidation) -> Table:
    table = _table("fold", "rows", *_HEADINGS, "baseline", "epochs", "seconds")
    several = run.settings.repeats > 1
    for result, ours, theirs in zip(run.results, run.network.folds, run.baseline.folds, strict=True):
        table.add_row(
            f"{result.fold}, seed {result.seed}" if several else str(result.fold),
            f"{ours.rows:,}",
            *_figures(ours),
            f"{theirs.log_loss:.4f}",
            str(result.epochs),
            f"{result.seconds:.0f}",
        )
    return table


def _summaries(run: CrossValidation) -> Table:
    table = _table("", *_HEADINGS)
    for name, summary in {"network": run.network, "baseline": run.baseline, **run.parts}.items():
        table.add_row(f"{name}, mean of the folds", *(_mean(summary, figure) for figure in FIGURES))
        table.add_row("  all rows at once", *_figures(summary.pooled))
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _mean(summary: Summary, figure: str) -> str:
    error = summary.standard_error[figure]
    return f"{summary.mean[figure]:.4f}" + ("" if error is None else f" ± {error:.4f}")


def _figures(evaluation: Evaluation) -> list[str]:
    return [f"{getattr(evaluation, figure):.4f}" for figure in FIGURES]


def _verdict(run: CrossValidation) -> str:
    verdict = "beats" if run.gain.mean > 0 else "LOSES to"
    error = "" if run.gain.standard_error is None else f" ± {run.gain.standard_error:.4f}"
    missing = run.settings.total - len(run.results)
    rest = "" if run.complete else f" {missing} of {run.settings.total} folds are not finished."
    return f"{run.settings.preset} {verdict} the baseline by {abs(run.gain.mean):.4f}{error} in log loss.{rest}"
