"""The network and the tokenizer that every peer serves: the bundle that ships, called by its own signature.

Imports NumPy, pydantic and TensorFlow alone, which every peer's environment has.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.bundle import verify
from model.encoder import TokenCounts
from model.savedmodel import SavedModelEngine

BUNDLE = Path(__file__).parents[2] / "assets" / "bundles" / "spooky-authors" / "1"
BATCH = 64
"""Texts that a peer may gather for one call."""
WAIT_S = 0.002
"""How long it may wait for more."""


class ReferenceModel:
    """Texts to answers of the form of `app.schemas.Prediction`."""

    def __init__(self) -> None:
        self._bundle = verify(BUNDLE)
        self.probabilities = SavedModelEngine(self._bundle).probabilities
        self.probabilities(self.encode(["A text that warms the network up."])[0])

    def encode(self, texts: list[str]) -> tuple[NDArray[np.int32], list[TokenCounts]]:
        """Ids (texts, 50) and what became of the words."""
        return self._bundle.encoder.encode(texts)

    def present(self, probabilities: NDArray[np.float32], counts: TokenCounts) -> dict[str, Any]:
        """The answer for one text; `probabilities` is (classes,)."""
        labels = self._bundle.manifest.labels
        return {
            "label": labels[int(probabilities.argmax())],
            "probabilities": dict(zip(labels, probabilities.tolist(), strict=True)),
            "tokens": counts._asdict(),
            "model": {"name": BUNDLE.parent.name, "version": int(BUNDLE.name)},
        }

    def predict(self, texts: list[str]) -> list[dict[str, Any]]:
        """An answer for each text, by one call of the network."""
        ids, counts = self.encode(texts)
        return [self.present(*each) for each in zip(self.probabilities(ids), counts, strict=True)]
