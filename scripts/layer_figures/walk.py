"""One sentence on its way through the network of a bundle: what every layer gave, for the figures to draw."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.bundle import Bundle
from model.explanation.explainer import Explainer
from model.explanation.explanation import Explanation
from model.savedmodel import SavedModelEngine

Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Walk:
    """What each layer of the preset `reference` gave for one sentence; shapes as there, without the batch."""

    labels: tuple[str, ...]
    words: tuple[str, ...]
    """The word at each of the 50 positions; "" where there is padding."""
    outputs: Mapping[str, Float32]
    """By the layer's name, as the bundle's signature `explain` names them."""
    weights: Mapping[str, Float32]
    """By Keras path, such as `convolution/kernel`."""
    explanation: Explanation
    """What `POST /explain` would answer."""

    @property
    def filled(self) -> int:
        """The first position that holds a word."""
        return next(position for position, word in enumerate(self.words) if word)

    @property
    def strongest(self) -> tuple[int, int]:
        """Window and filter of the convolution's largest output."""
        activations = self.outputs["convolution"]  # (46, 64)
        window, filter_ = np.unravel_index(activations.argmax(), activations.shape)
        return int(window), int(filter_)

    def cut_off(self, start: int, filter_: int) -> int:
        """The first window after `start` at which the filter's ReLU gives 0."""
        return start + 1 + int(np.argmax(self.outputs["convolution"][start + 1 :, filter_] == 0))

    def phrase(self, window: int) -> str:
        """The words that a window of the convolution sees, `·` for padding."""
        width = len(self.weights["convolution/kernel"])
        return " ".join(word or "·" for word in self.words[window : window + width])

    def shares(self, window: int, filter_: int) -> Float32:
        """(5,): what the word at each place of a window adds to a filter, before the bias and the ReLU."""
        kernel = self.weights["convolution/kernel"][:, :, filter_]  # (5, 100)
        seen = self.outputs["embedding"][window : window + len(kernel)]  # (5, 100)
        added: Float32 = (seen * kernel).sum(axis=1)
        return added


def walk(bundle: Bundle, sentence: str) -> Walk:
    """Run the SavedModel on one sentence. Raises `BundleError` where it has no signature to look inside."""
    saved = SavedModelEngine(bundle)
    ids, _ = bundle.encoder.encode([sentence])  # (1, 50)
    spelled = {id_: word for word, id_ in bundle.encoder.tokenizer.word_index.items()}
    return Walk(
        labels=bundle.manifest.labels,
        words=tuple(spelled.get(int(id_), "") for id_ in ids[0]),
        outputs={name: output[0] for name, output in saved.explain(ids).items()},
        weights=saved.weights(),
        explanation=Explainer(bundle, saved, saved).explain(sentence),
    )
