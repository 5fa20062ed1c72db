"""What the figures of the layers share: their two scales of colour, and a matrix drawn with it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from training.report.theme import Theme, style

Float32 = NDArray[np.float32]


def diverging(theme: Theme) -> Colormap:
    """From below zero, blue, to above it, orange; zero is paper."""
    return LinearSegmentedColormap.from_list("signed", [theme.first, theme.paper, theme.second])


def signed_matrix(axes: Axes, matrix: Float32, theme: Theme, *, title: str, limit: float | None = None) -> AxesImage:
    """A matrix of numbers of both signs, white at zero; `limit` is where the colours end."""
    end = float(np.abs(matrix).max()) if limit is None else limit
    style(axes, theme, title=title, grid="none")
    return axes.imshow(matrix, cmap=diverging(theme), vmin=-end, vmax=end, aspect="auto", interpolation="nearest")


def matrix_from_zero(axes: Axes, matrix: Float32, theme: Theme, *, title: str) -> AxesImage:
    """A matrix of numbers from zero up, such as a ReLU gives."""
    style(axes, theme, title=title, grid="none")
    return axes.imshow(matrix, cmap=theme.shades, vmin=0, aspect="auto", interpolation="nearest")


def say_padding(axes: Axes, rows: int, words: str, theme: Theme) -> None:
    """Words across the first `rows` rows of a matrix, which hold zeros only."""
    axes.axhline(rows - 0.5, color=theme.muted, linewidth=0.8)
    axes.text(
        0.5, rows / 2 - 0.5, words, transform=axes.get_yaxis_transform(), ha="center", va="center", fontsize=9.5,
        color=theme.muted,
    )  # fmt: skip


def add_scale(axes: Axes, image: AxesImage, theme: Theme, label: str) -> None:
    """A thin bar that says which colour stands for which number."""
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.025, pad=0.015, aspect=60)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=theme.muted, labelsize=8, length=0)
    bar.set_label(label, color=theme.muted, fontsize=9)
