"""Log loss by the number of training rows: would more of them help?"""

from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from training.report.contents import ReportContents
from training.report.theme import Theme, legend, new_figure, style


def loss_by_training_size(contents: ReportContents, theme: Theme) -> Figure:
    """The baseline's, and the network's where it learnt from parts of the rows; doublings are equal steps."""
    figure = new_figure(theme, 5.2, 3.6, "Log loss by training rows")
    axes = figure.subplots()
    style(axes, theme, title="lower is better")
    points = contents.learning_curve
    axes.set_xscale("log", base=2)
    for label, values, colour, marker in (
        ("network", [(each.rows, each.log_loss) for each in points if each.log_loss is not None], theme.first, "o"),
        ("baseline", [(each.rows, each.baseline_log_loss) for each in points], theme.second, "s"),
    ):
        rows, losses = zip(*values, strict=True) if values else ((), ())
        axes.plot(rows, losses, color=colour, marker=marker, markersize=5, linewidth=1.8, label=label)
    axes.set_xticks([each.rows for each in points], [f"{each.rows:,}" for each in points])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("training rows")
    if points:
        legend(figure, theme, axes, "outside upper right")
    return figure
