"""Max pooling: of four windows in a row the largest number stays, for each filter by itself."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from scripts.layer_figures.drawing import Float32, matrix_from_zero
from scripts.layer_figures.walk import Walk
from training.report.theme import Theme, new_figure

SHOWN_FILTERS = 12
"""Those with the largest activations."""


def pooling(walk: Walk, theme: Theme) -> Figure:
    """The windows with words in them above, with a dot on each that stays; below, what is left."""
    windows, pooled = walk.outputs["convolution"], walk.outputs["pooling"]  # (46, 64), (11, 64)
    pool = len(windows) // len(pooled)
    filters = np.argsort(-windows.max(axis=0))[:SHOWN_FILTERS]
    start = max(0, walk.filled - len(walk.weights["convolution/kernel"]) + 1) // pool * pool
    figure = new_figure(theme, 9.6, 5.6, "Max pooling 4: (46, 64) → (11, 64)")
    upper, lower = figure.subplots(2, 1, sharex=True)
    _draw_windows(upper, windows[:, filters], start, pool, theme)
    repeated = pooled[start // pool :, filters].repeat(pool, axis=0)
    image = matrix_from_zero(
        lower, repeated.T, theme, title="after: one number of each four, and no longer where it was"
    )
    image.set_extent((start - 0.5, start + len(repeated) - 0.5, SHOWN_FILTERS - 0.5, -0.5))
    centres = np.arange(start, len(pooled) * pool, pool) + (pool - 1) / 2
    lower.set_xticks(centres, [f"step {number}" for number in range(start // pool, len(pooled))])
    lower.set_xlim(start - 0.5, len(windows) - 0.5)
    for axes in (upper, lower):
        axes.set_yticks(range(SHOWN_FILTERS), [str(number) for number in filters], fontsize=8)
        axes.set_ylabel("filter")
        for edge in np.arange(start, len(windows), pool) - 0.5:
            axes.axvline(edge, color=theme.muted, linewidth=0.9)
    return figure


def _draw_windows(axes: Axes, windows: Float32, start: int, pool: int, theme: Theme) -> None:
    """`windows` is (46, shown filters)."""
    title = f"before: windows {start} to {len(windows) - 1}; a dot on what stays; hatched: in no group of {pool}"
    image = matrix_from_zero(axes, windows[start:].T, theme, title=title)
    image.set_extent((start - 0.5, len(windows) - 0.5, SHOWN_FILTERS - 0.5, -0.5))
    rows, places = winners(windows, pool)
    shown = places >= start
    axes.scatter(places[shown], rows[shown], s=14, color=theme.second, edgecolor=theme.paper, linewidth=0.6)
    left_over = len(windows) // pool * pool
    size = len(windows) - left_over
    axes.add_patch(
        Rectangle(
            (left_over - 0.5, -0.5), size, SHOWN_FILTERS, fill=False, hatch="////", edgecolor=theme.muted, linewidth=0
        )
    )
    axes.tick_params(labelbottom=True)


def winners(windows: Float32, pool: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(filters, windows) of each number that stays; none where all of a group are zero, since then none is larger."""
    groups = len(windows) // pool
    grouped = windows[: groups * pool].reshape(groups, pool, -1)  # (11, 4, filters)
    steps, filters = np.nonzero(grouped.max(axis=1))
    return filters, steps * pool + grouped.argmax(axis=1)[steps, filters]
