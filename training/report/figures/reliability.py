"""Reliability diagram: is the network right as often as its confidence says? After arXiv:1706.04599, figure 1."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from training.calibration import Calibration, Reliability
from training.report.contents import ReportContents
from training.report.theme import Theme, legend, new_figure, style


def reliability_diagram(contents: ReportContents, theme: Theme) -> Figure:
    """Accuracy by bin of confidence above, the rows of each bin below; also without the temperature, if any."""
    figure = new_figure(theme, 5.2, 4.2, "Reliability")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    _draw_accuracy(upper, contents.reliability, theme)
    if contents.calibration is not None:
        _draw_before(upper, contents.calibration, theme)
    _draw_counts(lower, contents.reliability, theme)
    legend(figure, theme, upper, "outside lower left")
    return figure


def _draw_accuracy(axes: Axes, measured: Reliability, theme: Theme) -> None:
    style(axes, theme, title=f"expected calibration error {measured.expected_calibration_error:.3f}")
    width = 1 / len(measured.count)
    filled = np.flatnonzero(measured.count)
    centres = (filled + 0.5) * width
    accuracy = np.array(measured.accuracy)[filled]
    gap = np.array(measured.confidence)[filled] - accuracy
    axes.bar(centres, accuracy, width * 0.9, color=theme.first, label="accuracy")
    axes.bar(
        centres, gap, width * 0.9, accuracy, label="gap",
        color="none", edgecolor=theme.second, hatch="////", linewidth=1,
    )  # fmt: skip
    axes.plot([0, 1], [0, 1], color=theme.ink, linestyle="--", linewidth=1.2, label="perfect")
    axes.set(xlim=(0, 1), ylim=(0, 1), ylabel="right")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _draw_before(axes: Axes, measured: Calibration, theme: Theme) -> None:
    before = measured.before
    errors = (measured.after.expected_calibration_error, before.expected_calibration_error)
    axes.set_title("expected calibration error {:.3f}; {:.3f} uncorrected".format(*errors), loc="left")
    filled = np.flatnonzero(before.count)
    axes.plot(
        np.array(before.confidence)[filled], np.array(before.accuracy)[filled], color=theme.ink, marker="D",
        markersize=3.5, linewidth=1, label="uncorrected",
    )  # fmt: skip


def _draw_counts(axes: Axes, measured: Reliability, theme: Theme) -> None:
    style(axes, theme)
    width = 1 / len(measured.count)
    axes.bar((np.arange(len(measured.count)) + 0.5) * width, measured.count, width * 0.9, color=theme.muted)
    axes.set(xlabel="confidence: probability of the predicted class", ylabel="rows")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
