"""The figures of a search: the best so far, what mattered, and every value that was tried against its log loss."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator, PercentFormatter

from training.report.theme import Theme, legend, new_figure, style
from training.tuning.findings import Findings, TrialRecord
from training.tuning.space import Dimension
from training.tuning.summary import printed

_COLUMNS = 3


def history(findings: Findings, theme: Theme) -> Figure:
    """The log loss of each trial, and the best so far."""
    figure = new_figure(theme, 9.6, 3.7, "Trials")
    axes = figure.subplots()
    style(axes, theme)
    complete = [trial for trial in findings.trials if trial.complete]
    _scatter(axes, theme, findings.trials, {trial.number: trial.number for trial in findings.trials})
    best: list[float] = []
    for trial in complete:
        best.append(min([*best[-1:], trial.log_loss or 0.0]))
    numbers = [trial.number for trial in complete]
    axes.step(numbers, best, where="post", color=theme.first, linewidth=1.8, label="best so far")
    if findings.of_preset is not None and findings.of_preset.log_loss is not None:
        axes.axhline(findings.of_preset.log_loss, color=theme.ink, linestyle="--", linewidth=1.2, label="the preset")
    axes.set_xlabel("trial")
    axes.set_ylabel("log loss")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    _fit_to_complete(axes, findings.trials)
    legend(figure, theme, axes, "outside upper right")
    return figure


def importances(findings: Findings, theme: Theme) -> Figure:
    """How much of the difference between trials each hyper-parameter explains."""
    shares = findings.importances
    figure = new_figure(theme, 9.6, 1.1 + 0.34 * len(shares), "What mattered")
    axes = figure.subplots()
    style(axes, theme, grid="x")
    names = list(shares)[::-1]
    bars = axes.barh(names, [shares[name] for name in names], color=theme.first, height=0.6)
    axes.bar_label(bars, fmt=lambda share: f"{share:.0%}", padding=4, color=theme.ink, fontsize=9)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.margins(x=0.1)
    return figure


def slices(findings: Findings, theme: Theme) -> Figure:
    """A panel a hyper-parameter: what was tried, and the log loss it gave."""
    space = findings.search.space
    rows, columns = math.ceil(len(space) / _COLUMNS), min(len(space), _COLUMNS)
    figure = new_figure(theme, 9.6, 0.6 + 2.4 * rows, "Values tried")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).flat  # (rows x columns,)
    for axes, dimension in zip(panels, space, strict=False):
        style(axes, theme, title=dimension.name.replace("_", " "))
        values = {each.number: each.parameters.get(dimension.name) for each in findings.trials}
        if dimension.choices:
            values = {number: None if value is None else str(value) for number, value in values.items()}
        else:
            _range(axes, dimension)
        _scatter(axes, theme, findings.trials, values)
        _fit_to_complete(axes, findings.trials)
    for axes in list(figure.axes)[len(space) :]:
        axes.set_visible(False)
    for axes in list(figure.axes)[: len(space) : _COLUMNS]:
        axes.set_ylabel("log loss")
    return figure


def _range(axes: Axes, dimension: Dimension) -> None:
    """The whole range that was searched, with three ticks: by ratio, matplotlib's own run into each other."""
    low, high = dimension.low, dimension.high
    middle = math.sqrt(low * high) if dimension.log else (low + high) / 2
    ticks = [low, round(middle) if dimension.whole else float(f"{middle:.2g}"), high]
    if dimension.log:
        axes.set_xscale("log")
        room = (high / low) ** 0.06
        axes.set_xlim(low / room, high * room)
    else:
        room = (high - low) * 0.06
        axes.set_xlim(low - room, high + room)
    axes.set_xticks(ticks, [printed(float(tick)) for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())


def _scatter(axes: Axes, theme: Theme, trials: Sequence[TrialRecord], places: Mapping[int, Any]) -> None:
    """Complete trials filled, pruned ones hollow."""
    for state, face in (("complete", theme.second), ("pruned", "none")):
        shown = [
            (places[each.number], each.log_loss)
            for each in trials
            if each.state == state and each.log_loss is not None and places[each.number] is not None
        ]
        if shown:
            across, losses = zip(*shown, strict=True)
            axes.scatter(across, losses, s=26, facecolors=face, edgecolors=theme.second, label=state)


def _fit_to_complete(axes: Axes, trials: Sequence[TrialRecord]) -> None:
    """A pruned trial may be far above, and would press the others together."""
    complete = [trial.log_loss for trial in trials if trial.complete and trial.log_loss is not None]
    lowest = min(trial.log_loss for trial in trials if trial.log_loss is not None)
    margin = 0.15 * (max(complete) - lowest) or 0.01
    axes.set_ylim(lowest - margin, max(complete) + margin)
