"""Everything about one text that the parts of its explanation are found from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.encoder import TokenCounts
from model.explanation.convolution import Convolution
from model.explanation.wide import WidePart
from model.explanation.window import Placed
from model.manifest import Manifest
from model.tokenizer import Token


@dataclass(frozen=True, slots=True)
class Scene:
    """A text, its words in their places, and what the layers gave for it."""

    manifest: Manifest
    convolution: Convolution | None
    text: str
    tokens: tuple[Token, ...]
    placed: tuple[Placed, ...]
    """The tokens with an id, in order."""
    at: Mapping[int, Placed]
    """Those inside the window, by position."""
    counts: TokenCounts
    ids: NDArray[np.int32]
    """(1, sequence_length)"""
    outputs: Mapping[str, NDArray[np.float32] | NDArray[np.int32]]
    """What the layers gave, by name, without the batch; the ids by the name of the input layer."""
    probabilities: NDArray[np.float32]
    """(classes,)"""
    wide: WidePart | None = None
    ngrams: NDArray[np.float32] | None = None
    """(length, 3, classes): what the n-grams that end at each position add to the logits; None without a wide part."""

    def held(self, position: int) -> list[Placed]:
        """The words in one window of the convolution, in order."""
        if self.convolution is None:
            return []
        places = range(position, position + self.convolution.width)
        return [self.at[place] for place in places if place in self.at]

    def words(self, position: int) -> tuple[str, ...]:
        """What `held` holds, as the vocabulary has it."""
        return tuple(self.tokens[word.token].word for word in self.held(position))
