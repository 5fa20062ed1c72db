"""What a figure has drawn, as plain numbers."""

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy import asarray


def bars(axes: Axes) -> list[Rectangle]:
    return [patch for patch in axes.patches if isinstance(patch, Rectangle)]


def points(line: Line2D) -> list[tuple[float, float]]:
    return list(zip(asarray(line.get_xdata()).tolist(), asarray(line.get_ydata()).tolist(), strict=True))


def shares(axes: Axes) -> list[list[float]]:
    """The values of the axes' only image, by rows."""
    (image,) = axes.images
    return [list(map(float, row)) for row in asarray(image.get_array())]
