"""The LSTM: its 100 numbers after each of eleven steps, and what the last layer would say of them."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.layer_figures.drawing import Float32, signed_matrix
from scripts.layer_figures.walk import Walk
from training.report.theme import Theme, legend, new_figure, style


def lstm(walk: Walk, theme: Theme) -> Figure:
    """States on the left; on the right the probabilities that the Dense layer makes of each of them."""
    states = walk.outputs["lstm_states"]  # (11, 100)
    figure = new_figure(theme, 9.6, 4.2, "LSTM: 11 steps of 64 → a state of 100, of which the last goes on")
    left, right = figure.subplots(1, 2, width_ratios=(3, 1.5), sharey=True)
    signed_matrix(left, states, theme, title="state after each step", limit=0.6)
    left.set_yticks(range(len(states)), [_words_of(walk, step, len(states)) for step in range(len(states))], fontsize=7)
    left.set_xlabel("unit, 0 to 99")
    _draw_probabilities(right, after_each_step(walk), walk.labels, theme)
    legend(figure, theme, right, "outside upper right")
    return figure


def after_each_step(walk: Walk) -> Float32:
    """(11, 3): softmax of the Dense layer on each state. It learnt from the last one alone."""
    logits = walk.outputs["lstm_states"] @ walk.weights["probabilities/kernel"] + walk.weights["probabilities/bias"]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))  # (11, 3)
    shares: Float32 = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _words_of(walk: Walk, step: int, steps: int) -> str:
    """The words that the windows of a step see."""
    pool = len(walk.outputs["convolution"]) // steps
    width = len(walk.weights["convolution/kernel"])
    seen = [word for word in walk.words[step * pool : step * pool + pool + width - 1] if word]
    return f"{' '.join(seen) or 'padding'}   {step}"


def _draw_probabilities(axes: Axes, shares: Float32, labels: tuple[str, ...], theme: Theme) -> None:
    style(axes, theme, title="what Dense makes of it", grid="none")
    base = np.zeros(len(shares))
    for number, (label, colour) in enumerate(zip(labels, (theme.grid, theme.first, theme.second), strict=True)):
        axes.barh(range(len(shares)), shares[:, number], 0.8, base, color=colour, label=label)
        base += shares[:, number]
    axes.set(xlim=(0, 1), xlabel="probability")
