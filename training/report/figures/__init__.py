"""The figures of a report, each a function of its contents and a theme. Writing them is `training.report.writer`'s."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from matplotlib.figure import Figure

from training.report.contents import ReportContents
from training.report.figures.by_length import loss_by_length
from training.report.figures.confusion import confusion_matrix
from training.report.figures.coverage import coverage_bars
from training.report.figures.curves import learning_curves
from training.report.figures.lengths import length_histogram
from training.report.figures.reliability import reliability_diagram
from training.report.figures.training_size import loss_by_training_size
from training.report.theme import Theme

FIGURES: Mapping[str, Callable[[ReportContents, Theme], Figure]] = MappingProxyType(
    {
        "learning_curves": learning_curves,
        "confusion_matrix": confusion_matrix,
        "reliability": reliability_diagram,
        "lengths": length_histogram,
        "by_length": loss_by_length,
        "training_size": loss_by_training_size,
        "coverage": coverage_bars,
    }
)
"""By the name of their file, without its ending, in the order in which the page shows them."""
