"""The figures of docs/layers.md, each a function of a walk through the network and a theme."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from matplotlib.figure import Figure

from scripts.layer_figures.attributions import attributions
from scripts.layer_figures.convolution import convolution, window
from scripts.layer_figures.dropout import dropout
from scripts.layer_figures.embedding import embedding
from scripts.layer_figures.lstm import lstm
from scripts.layer_figures.pooling import pooling
from scripts.layer_figures.softmax import softmax
from scripts.layer_figures.walk import Walk
from training.report.theme import Theme

FIGURES: Mapping[str, Callable[[Walk, Theme], Figure]] = MappingProxyType(
    {
        "embedding": embedding,
        "dropout": dropout,
        "convolution": convolution,
        "window": window,
        "pooling": pooling,
        "lstm": lstm,
        "softmax": softmax,
        "attributions": attributions,
    }
)
"""By the name of their file, without its ending, in the order of the layers."""
