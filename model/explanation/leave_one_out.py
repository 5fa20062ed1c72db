"""What the network says when a word is left out: the others close up, and one that was cut off may come in."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.encoder import TextEncoder
from model.explanation.explanation import WithoutWord
from model.explanation.scene import Scene
from model.explanation.window import Placed


def variants(placed: Sequence[Placed], without: Sequence[Placed], encoder: TextEncoder) -> NDArray[np.int32]:
    """(1 + without, sequence_length) ids: the text as it is, then without each of these words."""
    reach = encoder.sequence_length + 1  # what a cut-off word may come in from
    inside = list(placed[-reach:] if encoder.truncating == "pre" else placed[:reach])
    rows = [[word.id for word in inside]]
    rows += [[word.id for word in inside if word is not left_out] for left_out in without]
    return encoder.pad(rows)


def what_if(
    scene: Scene, left_out: Sequence[Placed], probabilities: NDArray[np.float32], label: int
) -> tuple[WithoutWord, ...]:
    """What the `probabilities` (left out, classes) are without each of these words."""
    return tuple(
        WithoutWord(word.token, scene.tokens[word.token].word, row, float(row[label] - scene.probabilities[label]))
        for word, row in zip(left_out, probabilities, strict=True)
    )
