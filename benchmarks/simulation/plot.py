"""The picture of docs/scaling.md: p99 against utilization, simulated as lines and measured as points."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib.figure import Figure

_TALLEST_MS = 60.0


def draw(result: Mapping[str, Any], path: Path) -> None:
    """Write a PNG on white, which is readable on a dark page as well."""
    figure = Figure(figsize=(8, 4.5), dpi=110, facecolor="white", layout="constrained")
    axes = figure.add_subplot()
    for name, points in result["simulated"].items():
        label = "simulated, " + ("1 replica" if name.startswith("1,") else name.replace(", ", " replicas, "))
        width = 2.5 if name.startswith("1,") else 1.3
        axes.plot(
            [float(at) for at in points], [1000 * each["p99_s"] for each in points.values()], label=label, lw=width
        )
    measured = result["measured"]
    x, y = [float(at) for at in measured], [1000 * each["p99_s"] for each in measured.values()]
    axes.scatter(x, y, color="black", zorder=3, label="measured, 1 replica")
    axes.set(xlabel="utilization", ylabel="p99, ms", xlim=(0, 1), ylim=(0, _TALLEST_MS))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path)
