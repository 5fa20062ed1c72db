import json
from dataclasses import replace

import numpy as np
import pytest

from app.explain_schemas import Explained
from app.explanation_json import explanation_json
from tests.app.explanations import BARE, EXPLANATION
from tests.app.fakes import fake_serving

PREDICTION = {
    "label": "many",
    "probabilities": {"few": 0.25, "many": 0.75},
    "tokens": {"total": 2, "known": 1, "used": 1, "truncated": False},
    "model": {"name": "fake", "version": 7},
}


def content(explanation=EXPLANATION, full=True):
    return json.loads(explanation_json(explanation, PREDICTION, fake_serving().bundle.manifest, full=full))


def layers(full=True):
    return {layer.pop("name"): layer for layer in content(full=full)["layers"]}


def test_the_words_are_given_with_their_places():
    assert content()["tokens"] == [
        {
            "text": "Three",
            "word": "three",
            "start": 0,
            "end": 5,
            "id": 3,
            "known": True,
            "used": True,
            "position": 7,
            "neighbours": [{"word": "two", "similarity": 0.5}],
        },
        {
            "text": "unknown",
            "word": "unknown",
            "start": 6,
            "end": 13,
            "id": None,
            "known": False,
            "used": False,
            "position": None,
            "neighbours": [],
        },
    ]


def test_a_layer_is_given_with_its_numbers_to_five_decimals():
    found = layers()
    assert found["pooling"] == {
        "kind": "MaxPooling1D",
        "shape": [1, 2],
        "parameters": 0,
        "summary": "The larger.",
        "statistics": {"minimum": 0.1, "mean": 0.2, "maximum": 0.3, "zeros": 0.0},
        "activations": [[0.12346, 0.33333]],
        "positions": [[0, 1]],
    }
    assert found["ids"]["activations"] == [0, 3]
    assert found["lstm"]["states"] == [[0.0, 1.0]]
    assert found["out"]["logits"] == [-0.54931, 0.54931]
    assert (found["two"]["shape"], found["two"]["activations"], found["two"]["statistics"]) == ([None, 2], None, None)


def test_a_summary_leaves_out_the_numbers_alone():
    full, short = content(), content(full=False)
    for layer in full["layers"]:
        for name in ("activations", "positions", "states"):
            layer.pop(name, None)
    assert short == full
    assert short["layers"][-1]["logits"] == [-0.54931, 0.54931]


def test_attributions_phrases_filters_and_what_if_are_given_as_they_are():
    found = content()
    assert found["prediction"] == PREDICTION
    assert (found["label"], found["label_names"]) == ("many", {"few": "few", "many": "Quite a lot"})
    assert found["attributions"] == {
        "label": "many",
        "method": "integrated gradients",
        "baseline": "padding",
        "steps": 16,
        "values": [0.5, 0.0],
        "logit": 0.5,
        "baseline_logit": -0.25,
        "gap": 0.25,
        "relative_gap": 0.5,
    }
    phrase = {"text": "Three", "start": 0, "end": 5, "position": 1, "words": ["three"], "wins": 2, "effect": 0.75}
    assert found["phrases"] == [phrase]
    (filter_,) = found["filters"]
    assert filter_.pop("phrases") == [{"words": ["one", "two"], "activation": 3.5, "count": 4}]
    assert filter_ == {"filter": 1, "effect": -0.5, "activation": 2.0, "position": 1, "words": ["three"]}
    assert found["what_if"] == [
        {"token": 0, "word": "three", "probabilities": {"few": 1.0, "many": 0.0}, "change": -0.75}
    ]


def test_what_a_network_of_others_does_not_tell_is_null_or_empty():
    found = content(BARE)
    assert found["attributions"] is None
    assert (found["phrases"], found["filters"], found["what_if"]) == ([], [], [])
    assert found["ngrams"] is found["parts"] is None


def test_ngrams_and_parts_are_given_by_label():
    found = content()
    assert found["ngrams"] == [
        {
            "text": "Three",
            "start": 0,
            "end": 5,
            "order": 2,
            "words": ["three"],
            "effect": 1.25,
            "effects": {"few": -0.5, "many": 1.25},
        }
    ]
    assert found["parts"] == {
        "deep": {"few": 0.5, "many": -1.0},
        "wide": {"few": -0.5, "many": 2.0},
        "temperature": 2.0,
    }
    assert content(replace(EXPLANATION, ngrams=()))["ngrams"] == []


@pytest.mark.parametrize("explanation", [EXPLANATION, BARE])
@pytest.mark.parametrize("full", [True, False])
def test_it_is_what_openapi_says(explanation, full):
    Explained.model_validate(content(explanation, full), strict=True, extra="forbid")


def test_numbers_that_json_has_not_are_null():
    broken = replace(EXPLANATION.layers[1], activations=np.array([[np.inf, np.nan]], np.float32))
    found = content(replace(EXPLANATION, layers=(broken,)))
    assert found["layers"][0]["activations"] == [[None, None]]
