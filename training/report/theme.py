"""The look of every figure, in light and in dark, and how a figure becomes a PNG.

Styles each figure by itself: neither pyplot nor matplotlib's global settings are touched.
"""

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from PIL import Image

_DPI = 150
"""Sharp where the page shows a figure at two thirds of its pixels, and below some 60 kB a file."""
_COLOURS = 128


@dataclass(frozen=True)
class Theme:
    """Colours; `first` and `second` are told apart with any colour vision (Okabe and Ito 2008)."""

    paper: str
    ink: str
    muted: str
    grid: str
    first: str
    second: str

    @property
    def shades(self) -> LinearSegmentedColormap:
        """From nothing to all, for shares in [0, 1]."""
        return LinearSegmentedColormap.from_list("shares", [self.paper, self.first])


LIGHT = Theme("#ffffff", "#1f2328", "#59636e", "#dfe4ea", "#0072b2", "#d55e00")
DARK = Theme("#161b22", "#e6edf3", "#9aa4af", "#30363d", "#56b4e9", "#e69f00")


def new_figure(theme: Theme, width: float, height: float, title: str) -> Figure:
    """An empty figure of `width` by `height` inches under its title."""
    figure = Figure(figsize=(width, height), dpi=_DPI, layout="constrained", facecolor=theme.paper)
    figure.suptitle(title, x=0.01, ha="left", color=theme.ink, fontsize=12, fontweight="bold")
    return figure


def style(axes: Axes, theme: Theme, *, title: str = "", grid: Literal["x", "y", "none"] = "y") -> None:
    """The theme's colours, thin grid lines along one axis, and no box around the data."""
    axes.set_facecolor(theme.paper)
    axes.tick_params(colors=theme.muted, labelsize=9, length=0)
    axes.xaxis.label.set(color=theme.muted, fontsize=9.5)
    axes.yaxis.label.set(color=theme.muted, fontsize=9.5)
    axes.set_title(title, loc="left", color=theme.ink, fontsize=10.5)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(theme.muted)
    axes.set_axisbelow(True)
    if grid != "none":
        axes.grid(axis=grid, color=theme.grid, linewidth=0.8)


def legend(
    owner: Axes | Figure,
    theme: Theme,
    source: Axes,
    location: Literal["upper right", "outside upper right", "outside lower left"],
) -> None:
    """A legend of what is drawn in `source`, without a frame, in one line where it is the figure's."""
    handles, labels = source.get_legend_handles_labels()
    columns = len(labels) if isinstance(owner, Figure) else 1
    owner.legend(
        handles, labels, loc=location, ncols=columns, fontsize=9, frameon=False, labelcolor=theme.ink,
        columnspacing=1.2, handlelength=1.8,
    )  # fmt: skip


def png(figure: Figure) -> bytes:
    """The figure as PNG, the same bytes for the same figure: no date and no version in it."""
    packed, canvas = io.BytesIO(), FigureCanvasAgg(figure)
    # savefig would draw it twice, and pack it once more. Backends of matplotlib come without types.
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    drawn = Image.frombuffer("RGBA", canvas.get_width_height(), pixels)
    # A palette, without dithering: a third of the bytes, and no eye sees the difference on flat colours.
    image = drawn.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    image.save(packed, format="png", optimize=True)
    return packed.getvalue()


def drawable(text: str, number: int, limit: int = 24) -> str:
    """`text` cut to `limit` characters, or `#number` where the font lacks one of its characters.

    The tables of the page give the same numbers, and a browser has fonts for nearly every script.
    """
    if not text.strip() or not all(ord(character) in _glyphs() for character in text):
        return f"#{number}"
    return text if len(text) <= limit else text[: limit - 1] + "…"


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties())).get_charmap())
