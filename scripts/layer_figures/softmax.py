"""Dense and softmax: 100 numbers become a sum for each class, and the sums become probabilities."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.layer_figures.drawing import Float32, signed_matrix
from scripts.layer_figures.walk import Walk
from training.report.theme import Theme, new_figure, style


def softmax(walk: Walk, theme: Theme) -> Figure:
    """Each unit's share of each logit above; logits and probabilities below."""
    shares = walk.outputs["lstm"][:, None] * walk.weights["probabilities/kernel"]  # (100, 3)
    figure = new_figure(theme, 9.6, 4.0, "Dense and softmax: state (100,) → logits (3,) → probabilities (3,)")
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 1.3))
    upper = figure.add_subplot(grid[0, :])
    signed_matrix(upper, shares.T, theme, title="state times weight: each unit's share of each class's sum")
    upper.set_yticks(range(len(walk.labels)), walk.labels)
    upper.set_xlabel("unit, 0 to 99")
    _bars(figure.add_subplot(grid[1, 0]), walk, walk.outputs["logits"], "logit: the sum of a row, and a bias", theme)
    _bars(figure.add_subplot(grid[1, 1]), walk, walk.outputs["probabilities"], "probability: softmax of these", theme)
    return figure


def _bars(axes: Axes, walk: Walk, values: Float32, title: str, theme: Theme) -> None:
    style(axes, theme, title=title, grid="none")
    rows = range(len(values))
    axes.barh(rows, values, 0.65, color=[theme.second if value > 0 else theme.first for value in values])
    axes.axvline(0, color=theme.muted, linewidth=0.8)
    for row, value in enumerate(values):
        axes.annotate(
            f"{value:.3f}", (max(float(value), 0), row), (4, 0), textcoords="offset points", va="center", fontsize=9,
            color=theme.ink,
        )  # fmt: skip
    axes.set_yticks(rows, walk.labels)
    axes.set_ylim(len(values) - 0.5, -0.5)
    axes.margins(x=0.12)
