"""The n-grams of a text that the wide part knows, as parts of the text, and what the two parts of a network say."""

import numpy as np
from numpy.typing import NDArray

from model.explanation.explanation import Ngram, Parts
from model.explanation.scene import Scene
from model.explanation.wide import held_by

MOST_NGRAMS = 10


def strongest_ngrams(scene: Scene, label: int) -> tuple[Ngram, ...] | None:
    """Those that add most to the logit of `label` or take most from it, that first; at most ten.

    None for a network without a wide part. An n-gram that stands in the text twice may come twice.
    """
    if scene.ngrams is None:
        return None
    effects = scene.ngrams[:, :, label]  # (length, 3)
    strongest = np.argsort(-np.abs(effects), axis=None, kind="stable")[:MOST_NGRAMS]  # longer ones later on a tie
    ends, orders = np.unravel_index(strongest, effects.shape)
    return tuple(
        _ngram(scene, int(end), int(order) + 1, scene.ngrams[end, order], label)
        for end, order in zip(ends, orders, strict=True)
        if effects[end, order]
    )


def parts_of(scene: Scene) -> Parts | None:
    """What the deep part and the wide part say; None for a network without a wide part."""
    if scene.wide is None:
        return None
    deep, wide = (np.asarray(scene.outputs[name], np.float32) for name in (scene.wide.deep, scene.wide.name))
    return Parts(deep, wide, scene.wide.temperature)


def _ngram(scene: Scene, end: int, order: int, effects: NDArray[np.float32], label: int) -> Ngram:
    held = [scene.tokens[scene.at[position].token] for position in held_by(scene.ids[0], end, order)]
    start, stop = held[0].start, held[-1].end
    words = tuple(token.word for token in held)
    return Ngram(scene.text[start:stop], start, stop, order, words, float(effects[label]), effects)
