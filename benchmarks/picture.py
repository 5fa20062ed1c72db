"""The picture of docs/performance.md: requests a second by connections, and the network's time by batch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.peers.catalogue import TERCET
from benchmarks.peers.onnx_network import TITLES
from benchmarks.tables import by_throughput

_COLOURS = mpl.color_sequences["tab10"]


def draw(results: Mapping[str, Any], path: Path) -> None:
    """Write the picture as PNG."""
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _servers(left, results["peers"]["servers"])
    _network(right, results["network"]["batches"])
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90, metadata={"Software": None})


def _servers(axes: Axes, servers: Mapping[str, Any]) -> None:
    for server, colour in zip(by_throughput(servers), _COLOURS, strict=False):
        figures = server["by_connections"]
        heights = [figures[connections]["requests_a_second"] for connections in figures]
        width = 2.5 if server["title"] == TERCET.title else 1.2
        axes.plot(list(figures), heights, marker="o", markersize=3, linewidth=width, color=colour, label=_short(server))
    axes.set(yscale="log", title="requests a second, one core", xlabel="connections")
    _finish(axes)


def _network(axes: Axes, batches: Mapping[str, Any]) -> None:
    for (name, title), colour in zip(TITLES.items(), _COLOURS, strict=False):
        heights = [batches[batch][name]["us_a_text"] for batch in batches]
        axes.plot(list(batches), heights, marker="o", markersize=3, color=colour, label=title)
    axes.set(yscale="log", title="the network alone, µs a text, one thread", xlabel="texts a call")
    _finish(axes)


def _finish(axes: Axes) -> None:
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.15))


def _short(server: Any) -> str:
    """A title up to its first comma."""
    return str(server["title"]).partition(",")[0].replace("`", "")
