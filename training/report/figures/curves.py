"""Learning curves: loss and accuracy by epoch, in training and in validation, with the baseline's level."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from training.history import History
from training.report.contents import ReportContents
from training.report.theme import Theme, legend, new_figure, style


def learning_curves(contents: ReportContents, theme: Theme) -> Figure:
    """Loss on the left, accuracy on the right."""
    figure = new_figure(theme, 9.6, 3.7, "Learning curves")
    left, right = figure.subplots(1, 2)
    style(left, theme, title="loss: lower is better")
    _draw(left, contents.history, "loss", contents.baseline.log_loss, theme)
    style(right, theme, title="accuracy: higher is better")
    _draw(right, contents.history, "accuracy", contents.baseline.accuracy, theme)
    right.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    legend(figure, theme, left, "outside upper right")
    return figure


def _draw(axes: Axes, history: History, figure_name: str, baseline: float, theme: Theme) -> None:
    epochs = [record.epoch for record in history.records]
    for prefix, label, colour, marker in (
        ("", "training", theme.first, "o"),
        ("validation_", "validation", theme.second, "s"),
    ):
        values = [getattr(record, prefix + figure_name) for record in history.records]
        axes.plot(epochs, values, color=colour, marker=marker, markersize=4, linewidth=1.8, label=label)
    axes.axhline(baseline, color=theme.ink, linestyle="--", linewidth=1.2, label="baseline (test rows)")
    if history.records:
        axes.axvline(history.best_epoch, color=theme.muted, linestyle=":", linewidth=1.5, label="epoch kept")
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
