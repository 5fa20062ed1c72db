"""Dropout: what a training step does to the embedding, beside what serving does to it."""

import keras
import numpy as np
from matplotlib.figure import Figure

from scripts.layer_figures.drawing import signed_matrix
from scripts.layer_figures.walk import Walk
from training.report.theme import Theme, new_figure

RATE = 0.5
"""That of the preset `reference`."""
_SEED = 0


def dropout(walk: Walk, theme: Theme) -> Figure:
    """The words' vectors after one draw of a training step, and as serving passes them on."""
    passed = walk.outputs["embedding_dropout"]
    drawn = np.asarray(keras.layers.Dropout(RATE, seed=_SEED)(passed, training=True))  # (50, 100)
    figure = new_figure(theme, 9.6, 3.9, "Dropout 0.5: (50, 100) → (50, 100)")
    left, right = figure.subplots(1, 2, sharey=True)
    first = walk.filled
    signed_matrix(left, drawn[first:], theme, title="training, one draw: half are 0, the others doubled", limit=2)
    signed_matrix(right, passed[first:], theme, title="serving: nothing happens", limit=2)
    left.set_yticks(range(len(walk.words) - first), walk.words[first:], fontsize=8)
    for axes in (left, right):
        axes.set_xlabel("the numbers of a word's vector")
    return figure
