"""Confusion matrix: which classes are taken for which."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from training.report.contents import ReportContents
from training.report.theme import Theme, drawable, new_figure, style

MANY_CLASSES = 12
"""Beyond this many there is no room for a count in every cell, and the page gives the figure its full width."""
_FEW_CLASSES = 4
"""Up to this many, counts are written large."""
_LEVEL_CHARACTERS = 30
"""Labels of this many characters in all stand side by side without being turned."""
_GAMMA = 0.5
"""Shades grow with the square root of the share, so that a mistake of a few per cent can be seen."""
_DEEP = 0.4
"""Shares above this are shaded too strongly for ink."""
_FULL, _HALF = 90, 30
"""Degrees by which longer labels are turned, with many classes and with few."""


def confusion_matrix(contents: ReportContents, theme: Theme) -> Figure:
    """Shaded by the share of the true class's rows; up to `MANY_CLASSES` classes with the counts."""
    counts = np.array(contents.evaluation.confusion)  # (classes, classes)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    many = len(counts) > MANY_CLASSES
    figure = new_figure(theme, *((9.6, 8.4) if many else (5.2, 4.2)), "Confusion matrix")
    axes = figure.subplots()
    style(axes, theme, grid="none")
    image = axes.imshow(shares, cmap=theme.shades, norm=PowerNorm(_GAMMA, vmin=0, vmax=1))
    axes.set(xlabel="predicted", ylabel="true")
    _name_classes(axes, contents.labels)
    if not many:
        _write_counts(axes, counts, shares, theme)
    _add_scale(figure, axes, image, theme)
    return figure


def _name_classes(axes: Axes, labels: tuple[str, ...]) -> None:
    many = len(labels) > MANY_CLASSES
    names = [drawable(label, number, 14 if many else 18) for number, label in enumerate(labels, start=1)]
    size = 6.5 if many else 9
    level = sum(map(len, names)) <= _LEVEL_CHARACTERS
    turned = 0 if level else _FULL if many else _HALF
    side = "right" if turned == _HALF else "center"
    # A label may hold dollar signs, which would otherwise start a formula.
    axes.set_xticks(range(len(labels)), names, fontsize=size, parse_math=False)
    for name in axes.get_xticklabels():
        name.set(rotation=turned, ha=side, rotation_mode="default" if level or many else "anchor")
    axes.set_yticks(range(len(labels)), names, fontsize=size, parse_math=False)


def _write_counts(axes: Axes, counts: NDArray[np.int_], shares: NDArray[np.float64], theme: Theme) -> None:
    size = 11 if len(counts) <= _FEW_CLASSES else 8
    for (row, column), count in np.ndenumerate(counts):
        colour = theme.paper if shares[row, column] > _DEEP else theme.ink
        axes.text(column, row, f"{count:,}", ha="center", va="center", fontsize=size, color=colour)


def _add_scale(figure: Figure, axes: Axes, image: AxesImage, theme: Theme) -> None:
    bar = figure.colorbar(image, ax=axes, shrink=0.8, format=PercentFormatter(1, decimals=0))
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=theme.muted, labelsize=9, length=0)
    bar.set_label("share of the true class's rows", color=theme.muted, fontsize=9.5)
