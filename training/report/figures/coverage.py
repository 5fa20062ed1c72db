"""Coverage: how much of the vocabulary and of the running text has a pre-trained vector, and what lacks one."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from training.report.contents import Coverage, ReportContents
from training.report.theme import Theme, drawable, new_figure, style

SHOWN_MISSES = 12
"""The words without a vector that figure and page show."""
_ROOM_FOR = 8
"""Bars of fewer words stay as thin as those of this many."""


def coverage_bars(contents: ReportContents, theme: Theme) -> Figure:
    """Shares on the left, the most frequent words without a vector on the right."""
    figure = new_figure(theme, 5.2, 3.6, "Coverage by word vectors")
    measured = contents.coverage
    if measured is None:
        axes = figure.subplots()
        axes.set_axis_off()
        words = "No pre-trained vectors: the network learnt its own."
        axes.text(0.5, 0.5, words, ha="center", va="center", color=theme.muted, transform=axes.transAxes)
        return figure
    left, right = figure.subplots(1, 2)
    _draw_shares(left, measured, theme)
    _draw_misses(right, measured.top_misses[:SHOWN_MISSES], theme)
    return figure


def _draw_shares(axes: Axes, measured: Coverage, theme: Theme) -> None:
    style(axes, theme, title="have a vector", grid="none")
    found = np.array([measured.words_found, measured.tokens_found])
    total = np.array([measured.words_total, measured.tokens_total])
    shares = found / np.maximum(total, 1)
    names = ["different\nwords", "running\nwords"]
    axes.bar(names, 1.0, 0.6, color=theme.grid)
    axes.bar(names, shares, 0.6, color=theme.first)
    for place, share in enumerate(shares):
        axes.text(place, 1.02, f"{share:.1%}", ha="center", fontsize=11, color=theme.ink)
    axes.set_ylim(0, 1.1)
    axes.set_yticks([0, 0.5, 1])
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _draw_misses(axes: Axes, misses: tuple[tuple[str, int], ...], theme: Theme) -> None:
    style(axes, theme, title="most frequent without one", grid="x")
    if not misses:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "none", ha="center", color=theme.muted, transform=axes.transAxes)
        return
    places = range(len(misses))
    axes.barh(places, [count for _, count in misses], 0.7, color=theme.second)
    names = [drawable(word, number, 14) for number, (word, _) in enumerate(misses, start=1)]
    axes.set_yticks(places, names, parse_math=False)
    axes.set_ylim(max(len(misses), _ROOM_FOR) - 0.5, -0.5)
    axes.set_xlabel("occurrences")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
