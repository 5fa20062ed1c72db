"""Length histogram: how many tokens the training texts have, and where the network stops looking."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.report.contents import ReportContents
from training.report.theme import Theme, legend, new_figure, style

_BARS = 50
_SHOWN_SHARE = 99.5
"""Percentile of the lengths up to which the axis goes: one very long text would squeeze all others."""


def length_histogram(contents: ReportContents, theme: Theme) -> Figure:
    """Texts by length, those that are truncated in another colour."""
    figure = new_figure(theme, 5.2, 3.6, "Text lengths")
    axes = figure.subplots()
    limit, measured = contents.sequence_length, contents.token_lengths
    cut = float(np.mean(measured > limit)) if measured.size else 0.0
    style(axes, theme, title=f"{cut:.1%} of the training texts are longer than {limit} tokens")
    beyond = _draw(axes, measured, limit, theme)
    axes.axvline(limit + 0.5, color=theme.ink, linestyle="--", linewidth=1.2, label=f"truncation at {limit}")
    axes.set(xlabel="tokens" + (f" ({beyond:,} longer texts not shown)" if beyond else ""), ylabel="texts")
    legend(axes, theme, axes, "upper right")
    return figure


def _draw(axes: Axes, measured: NDArray[np.integer], limit: int, theme: Theme) -> int:
    """Draw the bars; the number of texts beyond the axis."""
    longest = int(np.percentile(measured, _SHOWN_SHARE)) if measured.size else 0
    end = max(longest, round(1.2 * limit))
    width = -(-end // _BARS)
    # Half-way between whole numbers and anchored at the limit, so that no bar holds both sides of it.
    first = limit + 0.5 - width * -(-(limit + 1) // width)
    edges = np.arange(first, end + 1.5 + width, width)
    counts, _ = np.histogram(measured, edges)
    kept = edges[:-1] < limit
    for chosen, colour, label in ((kept, theme.first, "seen whole"), (~kept, theme.second, "lose their beginning")):
        axes.bar(edges[:-1][chosen], counts[chosen], width * 0.92, align="edge", color=colour, label=label)
    axes.set_xlim(-0.5, edges[-1])
    return int((measured > edges[-1]).sum())
