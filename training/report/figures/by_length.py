"""Log loss by text length: does the network need long texts, or lose its way in them?"""

from matplotlib.figure import Figure

from training.report.contents import ReportContents
from training.report.theme import Theme, legend, new_figure, style


def loss_by_length(contents: ReportContents, theme: Theme) -> Figure:
    """The network's and the baseline's, in bins of about as many test rows each."""
    figure = new_figure(theme, 5.2, 3.6, "Log loss by text length")
    axes = figure.subplots()
    style(axes, theme, title="lower is better")
    bins = contents.by_length
    places = range(len(bins))
    for label, values, colour, marker in (
        ("network", [each.log_loss for each in bins], theme.first, "o"),
        ("baseline", [each.baseline_log_loss for each in bins], theme.second, "s"),
    ):
        axes.plot(places, values, color=colour, marker=marker, markersize=5, linewidth=1.8, label=label)
    names = [
        f"{each.shortest:,}" if each.shortest == each.longest else _span(each.shortest, each.longest) for each in bins
    ]
    axes.set_xticks(places, names)
    axes.set_xlabel("tokens of the test texts, before truncation")
    if bins:
        legend(figure, theme, axes, "outside upper right")
    return figure


def _span(shortest: int, longest: int) -> str:
    return f"{shortest:,}\N{EN DASH}{longest:,}"
