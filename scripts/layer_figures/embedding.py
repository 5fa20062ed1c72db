"""The embedding: each id becomes a row of the matrix of word vectors, padding a row of zeros."""

from matplotlib.figure import Figure

from scripts.layer_figures.drawing import add_scale, say_padding, signed_matrix
from scripts.layer_figures.walk import Walk
from training.report.theme import Theme, new_figure


def embedding(walk: Walk, theme: Theme) -> Figure:
    """The (50, 100) matrix that the network goes on with."""
    matrix = walk.outputs["embedding"]
    figure = new_figure(theme, 9.6, 6.2, "Embedding: ids (50,) → vectors (50, 100)")
    axes = figure.subplots()
    image = signed_matrix(
        axes, matrix, theme, title="one row a position, one column for each of a vector's numbers", limit=1.5
    )
    positions = range(len(walk.words))
    names = [f"{word}  {position}" for position, word in zip(positions, walk.words, strict=True)]
    axes.set_yticks(positions, names, fontsize=7)
    say_padding(axes, walk.filled, f"positions 0 to {walk.filled - 1}: padding, each a row of 100 zeros", theme)
    axes.set_xlabel("the numbers of a word's vector, 0 to 99")
    add_scale(axes, image, theme, "value (beyond ±1.5 drawn as ±1.5)")
    return figure
