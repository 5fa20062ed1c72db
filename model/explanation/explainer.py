"""A text to its explanation: what every layer gave, and what each word did, all from the bundle's own graph.

Blocking, some milliseconds; threads may share an explainer. What the parts mean: `model.explanation.explanation`.
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.bundle import Bundle
from model.engine import Engine
from model.errors import BundleError, NotExplainableError, UnknownLabelError
from model.explanation.convolution import Convolution, find_convolution
from model.explanation.explanation import (
    Attributions,
    ExplainedFilter,
    Explanation,
    Phrase,
    WithoutWord,
)
from model.explanation.integrated_gradients import integrate
from model.explanation.layers import explain_layers
from model.explanation.leave_one_out import variants, what_if
from model.explanation.neighbours import Neighbours
from model.explanation.ngrams import parts_of, strongest_ngrams
from model.explanation.phrases import strongest_filters, strongest_phrases
from model.explanation.scene import Scene
from model.explanation.wide import by_position, find_wide
from model.explanation.window import count_tokens, place
from model.explanation.words import attributions, explain_tokens
from model.folding import weight_of
from model.manifest import Manifest
from model.phrases import TrainingPhrase, read
from model.savedmodel import SavedModelEngine


class Explainer:
    """Explains what one bundle's network does with a text."""

    def __init__(self, bundle: Bundle, saved: SavedModelEngine, engine: Engine) -> None:
        """`saved` tells what is inside; `engine` is what answers, and gives the probabilities.

        Raises `BundleError` where the bundle's phrases are of another form.
        """
        self._manifest, self._encoder = bundle.manifest, bundle.encoder
        self._saved, self._engine = saved, engine
        weights = saved.weights()
        self._convolution = find_convolution(bundle.manifest, weights)
        self._wide = find_wide(bundle.manifest, weights)
        self._phrases = _phrases_of(bundle, self._convolution)
        self._neighbours = Neighbours(bundle.encoder.tokenizer, partial(_vectors, bundle.manifest, saved))

    def explain(self, text: str, label: str | None = None) -> Explanation:
        """What the network did with `text`, and which words moved it towards `label`, or towards the likeliest.

        Raises `UnknownLabelError`, and `NotExplainableError` where the bundle has no signature `explain`.
        """
        labels = self._manifest.labels
        if label is not None and label not in labels:
            raise UnknownLabelError(f"The model has no label {label!r}; it has {', '.join(map(repr, labels))}.")
        tokens = tuple(self._encoder.tokenizer.tokens(text))
        placed = tuple(place(tokens, self._encoder))
        left_out = [word for word in placed if word.known and word.position is not None]
        ids = variants(placed, left_out, self._encoder)  # (1 + left out, length)
        probabilities = self._engine.probabilities(ids)  # (1 + left out, classes)
        scene = Scene(
            manifest=self._manifest,
            convolution=self._convolution,
            text=text,
            tokens=tokens,
            placed=placed,
            at={word.position: word for word in placed if word.position is not None},
            counts=count_tokens(tokens, placed),
            ids=ids[:1],
            outputs=self._outputs(ids[:1]),
            probabilities=probabilities[0],
            wide=self._wide,
            ngrams=None if self._wide is None else self._wide.effects(ids[0]),
        )
        explained = int(probabilities[0].argmax()) if label is None else labels.index(label)
        return self._explanation(scene, explained, what_if(scene, left_out, probabilities[1:], explained))

    def _explanation(self, scene: Scene, label: int, without: tuple[WithoutWord, ...]) -> Explanation:
        attributions, phrases, filters = self._effects(scene, label)
        return Explanation(
            label=self._manifest.labels[label],
            probabilities=scene.probabilities,
            counts=scene.counts,
            tokens=explain_tokens(scene, self._neighbours),
            layers=explain_layers(scene),
            attributions=attributions,
            phrases=phrases,
            filters=filters,
            ngrams=strongest_ngrams(scene, label),
            parts=parts_of(scene),
            what_if=without,
        )

    def _effects(
        self, scene: Scene, label: int
    ) -> tuple[Attributions | None, tuple[Phrase, ...], tuple[ExplainedFilter, ...]]:
        if not self._saved.can_attribute:
            return None, (), ()
        convolution = self._convolution
        wide = None if scene.ngrams is None else by_position(scene.ngrams[:, :, label], scene.ids[0])  # (length,)
        integral = integrate(
            self._saved.attribute, scene.ids, label, None if convolution is None else convolution.name, wide
        )
        given = attributions(integral, scene, label)
        if convolution is None or integral.windows is None:
            return given, (), ()
        return (
            given,
            strongest_phrases(scene, convolution, integral.windows),
            strongest_filters(scene, convolution, integral.windows, self._phrases),
        )

    def _outputs(self, ids: NDArray[np.int32]) -> dict[str, Any]:
        """What every layer gave for ids (1, length), by name, without the batch."""
        try:
            outputs = {name: output[0] for name, output in self._saved.explain(ids).items()}
        except BundleError as error:
            raise NotExplainableError(str(error)) from error
        return {layer.name: ids[0] for layer in self._manifest.layers if layer.kind == "InputLayer"} | outputs


def _vectors(manifest: Manifest, saved: SavedModelEngine) -> NDArray[np.float32]:
    """(vocabulary, dim); zeros where the network has not just one embedding, in float32."""
    embeddings = [layer.name for layer in manifest.layers if layer.kind == "Embedding"]
    rows = manifest.vocabulary_size
    try:
        (name,) = embeddings
        return weight_of(saved.weights(), name, "embeddings")[:rows]
    except (ValueError, KeyError):
        return np.zeros((rows, 1), np.float32)


def _phrases_of(bundle: Bundle, convolution: Convolution | None) -> dict[int, tuple[TrainingPhrase, ...]]:
    """By filter, what excites it in the training rows; empty where the bundle does not say."""
    phrases = read(bundle)
    if phrases is None or convolution is None or phrases.layer != convolution.name:
        return {}
    return {one.filter: one.phrases for one in phrases.filters}
