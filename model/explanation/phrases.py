"""The windows and the filters of the convolution that moved the logit most.

Both are sums of the same effects (windows, filters), which integrated gradients shared out: over the filters for a
window, over the windows for a filter.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.explanation.convolution import Convolution
from model.explanation.explanation import ExplainedFilter, Phrase
from model.explanation.scene import Scene
from model.phrases import TrainingPhrase

MOST_PHRASES = 10
MOST_FILTERS = 8

Effects = NDArray[np.float32]


def strongest_phrases(scene: Scene, convolution: Convolution, effects: Effects) -> tuple[Phrase, ...]:
    """Windows with words that pooling kept something of, the strongest effect first; at most ten.

    Where no max pooling follows the convolution, every window with words counts.
    """
    wins = _wins(scene, convolution)
    sums = effects.sum(axis=1)  # (windows,)
    strongest = np.argsort(-np.abs(sums), kind="stable").tolist()
    kept = (place for place in strongest if (wins is None or wins[place]) and scene.held(place))
    return tuple(
        _phrase(scene, place, 0 if wins is None else int(wins[place]), float(sums[place]))
        for place in islice(kept, MOST_PHRASES)
    )


def _phrase(scene: Scene, position: int, wins: int, effect: float) -> Phrase:
    held = scene.held(position)
    start, end = scene.tokens[held[0].token].start, scene.tokens[held[-1].token].end
    return Phrase(scene.text[start:end], start, end, position, scene.words(position), wins, effect)


def _wins(scene: Scene, convolution: Convolution) -> NDArray[np.int_] | None:
    """(windows,): how many of the numbers that pooling kept, zeros aside, are from each; None without a pooling."""
    positions = scene.outputs.get(f"{convolution.pooling}_positions")  # (steps, filters)
    if convolution.pooling is None or positions is None:
        return None
    return np.bincount(positions[scene.outputs[convolution.pooling] != 0], minlength=convolution.windows)


def strongest_filters(
    scene: Scene, convolution: Convolution, effects: Effects, phrases: Mapping[int, Sequence[TrainingPhrase]]
) -> tuple[ExplainedFilter, ...]:
    """The filters of the strongest effect, that first; at most eight. `phrases` by filter, from the training rows."""
    output = scene.outputs[convolution.name]  # (windows, filters)
    sums = effects.sum(axis=0)  # (filters,)
    strongest = np.argsort(-np.abs(sums), kind="stable")[:MOST_FILTERS]
    return tuple(
        _filter(scene, output[:, number], number, float(sums[number]), phrases.get(number, ()))
        for number in map(int, strongest)
    )


def _filter(
    scene: Scene, output: NDArray[Any], number: int, effect: float, phrases: Sequence[TrainingPhrase]
) -> ExplainedFilter:
    position = int(output.argmax())
    activation = float(output[position])
    excited = activation > 0
    return ExplainedFilter(
        filter=number,
        effect=effect,
        activation=activation,
        position=position if excited else None,
        words=scene.words(position) if excited else (),
        phrases=tuple(phrases),
    )
