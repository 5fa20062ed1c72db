"""An explanation as the JSON of `POST /explain`. Blocking: some milliseconds, meant for the thread that explains."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from app.versions import display_names
from model.explanation.explanation import Attributions, ExplainedLayer, ExplainedToken, Explanation, Ngram, Parts
from model.manifest import Manifest

DECIMALS = 5
"""Of activations, which are many. A float32 has some seven digits."""


def explanation_json(
    explanation: Explanation, prediction: Mapping[str, Any], manifest: Manifest, *, full: bool
) -> bytes:
    """The body of the answer; `prediction` is what `POST /predict` says to the text.

    Without `full`, what a layer gave number by number is left out.
    """
    content = {
        "prediction": prediction,
        "label": explanation.label,
        "label_names": display_names(manifest),
        "tokens": [_token(token) for token in explanation.tokens],
        "layers": [_layer(layer, full=full) for layer in explanation.layers],
        "attributions": explanation.attributions and _attributions(explanation.attributions),
        "phrases": explanation.phrases,
        "filters": explanation.filters,
        "ngrams": None if (found := explanation.ngrams) is None else [_ngram(each, manifest) for each in found],
        "parts": explanation.parts and _parts(explanation.parts, manifest),
        "what_if": [
            {
                "token": each.token,
                "word": each.word,
                "probabilities": _by_label(manifest, each.probabilities),
                "change": each.change,
            }
            for each in explanation.what_if
        ],
    }
    return to_json(content, inf_nan_mode="null")


def _token(token: ExplainedToken) -> dict[str, Any]:
    return {
        "text": token.text,
        "word": token.word,
        "start": token.start,
        "end": token.end,
        "id": token.id,
        "known": token.known,
        "used": token.used,
        "position": token.position,
        "neighbours": token.neighbours,
    }


def _layer(layer: ExplainedLayer, *, full: bool) -> dict[str, Any]:
    content = {
        "name": layer.name,
        "kind": layer.kind,
        "shape": layer.shape,
        "parameters": layer.parameters,
        "summary": layer.summary,
        "statistics": layer.statistics,
    }
    if full:
        content["activations"] = None if layer.activations is None else _numbers(layer.activations)
        content |= {
            name: _numbers(array)
            for name, array in (("positions", layer.positions), ("states", layer.states))
            if array is not None
        }
    if layer.logits is not None:
        content["logits"] = _numbers(layer.logits)
    return content


def _attributions(found: Attributions) -> dict[str, Any]:
    return {
        "label": found.label,
        "method": found.method,
        "baseline": found.baseline,
        "steps": found.steps,
        "values": found.values.tolist(),
        "logit": found.logit,
        "baseline_logit": found.baseline_logit,
        "gap": found.gap,
        "relative_gap": found.relative_gap,
    }


def _ngram(ngram: Ngram, manifest: Manifest) -> dict[str, Any]:
    return {
        "text": ngram.text,
        "start": ngram.start,
        "end": ngram.end,
        "order": ngram.order,
        "words": ngram.words,
        "effect": ngram.effect,
        "effects": _by_label(manifest, ngram.effects),
    }


def _parts(parts: Parts, manifest: Manifest) -> dict[str, Any]:
    return {
        "deep": _by_label(manifest, parts.deep),
        "wide": _by_label(manifest, parts.wide),
        "temperature": parts.temperature,
    }


def _by_label(manifest: Manifest, values: NDArray[np.float32]) -> dict[str, float]:
    return dict(zip(manifest.labels, values.tolist(), strict=True))


def _numbers(array: NDArray[np.float32] | NDArray[np.int32]) -> list[Any]:
    """Nested lists of the array's shape."""
    rounded = np.round(array.astype(np.float64), DECIMALS) if array.dtype.kind == "f" else array
    numbers: list[Any] = rounded.tolist()
    return numbers
