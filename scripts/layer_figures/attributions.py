"""Which words did it: integrated gradients, beside what the answer would be without each word."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.layer_figures.walk import Walk
from training.report.theme import Theme, new_figure, style


def attributions(walk: Walk, theme: Theme) -> Figure:
    """A bar a word on either side, in the order of the text. Needs a bundle that has integrated gradients."""
    explained = walk.explanation
    given = explained.attributions
    if given is None:
        raise ValueError("The bundle has no signature 'attribute'; train or import it again.")
    left_out = {other.token: other.change for other in explained.what_if}
    figure = new_figure(theme, 9.6, 5.4, f"What speaks for {given.label}, word by word")
    left, right = figure.subplots(1, 2, sharey=True)
    style(left, theme, title="integrated gradients: its share of the logit", grid="none")
    _bars(left, dict(enumerate(given.values.tolist())), theme)
    style(right, theme, title="left out: change of the probability", grid="none")
    _bars(right, left_out, theme)
    names = [token.text if token.used else f"{token.text} (unknown)" for token in explained.tokens]
    left.set_yticks(range(len(names)), names, fontsize=9)
    left.set_ylim(len(names) - 0.5, -0.5)
    return figure


def _bars(axes: Axes, values: dict[int, float], theme: Theme) -> None:
    """`values` by the number of the word."""
    axes.barh(list(values), list(values.values()), 0.7, color=[_colour(value, theme) for value in values.values()])
    axes.axvline(0, color=theme.muted, linewidth=0.8)
    for row, value in values.items():
        axes.annotate(
            f"{value:.3f}", (max(value, 0), row), (4, 0), textcoords="offset points", va="center", fontsize=8,
            color=theme.ink,
        )  # fmt: skip
    axes.margins(x=0.14)


def _colour(value: float, theme: Theme) -> str:
    return theme.second if value > 0 else theme.first
