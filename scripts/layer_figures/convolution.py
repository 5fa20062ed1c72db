"""The convolution: 64 filters at 46 windows of five words, and one of these numbers worked out."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.layer_figures.drawing import add_scale, matrix_from_zero, say_padding
from scripts.layer_figures.walk import Walk
from training.report.theme import Theme, new_figure, style


def convolution(walk: Walk, theme: Theme) -> Figure:
    """The whole output, a row for each window, named by the words that it sees."""
    activations = walk.outputs["convolution"]  # (46, 64)
    figure = new_figure(theme, 9.6, 6.6, "Convolution: vectors (50, 100) → windows by filters (46, 64)")
    axes = figure.subplots()
    image = matrix_from_zero(axes, activations, theme, title="one row a window of five positions (· is padding)")
    empty = walk.filled - len(walk.weights["convolution/kernel"]) + 1
    phrases = [f"{walk.phrase(window) if window >= empty else ''}  {window}" for window in range(len(activations))]
    axes.set_yticks(range(len(phrases)), phrases, fontsize=7)
    say_padding(axes, empty, f"windows 0 to {empty - 1}: padding alone, where no bias is above zero", theme)
    axes.set_xlabel("filter, 0 to 63")
    add_scale(axes, image, theme, "activation")
    return figure


def window(walk: Walk, theme: Theme) -> Figure:
    """Two numbers of one filter worked out: its strongest window, and the next that the ReLU cuts off."""
    start, filter_ = walk.strongest
    figure = new_figure(theme, 9.6, 3.5, f"Filter {filter_} at two windows: five shares, a bias, a ReLU")
    panels = figure.subplots(1, 2, sharex=True)
    for axes, place in zip(panels, (start, walk.cut_off(start, filter_)), strict=True):
        _work_out(axes, walk, place, filter_, theme)
    return figure


def _work_out(axes: Axes, walk: Walk, place: int, filter_: int, theme: Theme) -> None:
    shares = [float(share) for share in walk.shares(place, filter_)]
    bias = float(walk.weights["convolution/bias"][filter_])
    total = sum(shares) + bias
    values = [*shares, bias, total, max(0.0, total)]
    names = [*walk.phrase(place).split(), "bias", "sum", "after the ReLU"]
    style(axes, theme, title=f"window {place}, positions {place} to {place + len(shares) - 1}", grid="none")
    colours = [theme.second if value > 0 else theme.first for value in values[:-2]]
    axes.barh(range(len(values)), values, 0.72, color=[*colours, theme.muted, theme.ink])
    for row, value in enumerate(values):
        axes.annotate(
            f"{value:.2f}", (max(value, 0), row), (4, 0), textcoords="offset points", va="center", fontsize=9,
            color=theme.ink,
        )  # fmt: skip
    axes.axvline(0, color=theme.muted, linewidth=0.8)
    axes.axhline(len(values) - 2.5, color=theme.grid, linewidth=1)
    axes.set_yticks(range(len(values)), names, fontsize=9)
    axes.set_ylim(len(values) - 0.5, -0.5)
    axes.margins(x=0.14)
    axes.set_xlabel("what each word adds at its place")
