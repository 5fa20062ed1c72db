"""The sentences, word for word."""

from dataclasses import replace

import numpy as np
import pytest

from model.explanation.summaries import summarize
from tests.model.explanation.scenes import LAYERS, manifest_with, scene_of

FULL = "sea storm snow ice fog calm"
NUMBER = {name: number for number, (name, *_) in enumerate(LAYERS)}


def said(layer, text="The sea, the storm", outputs=(), layers=LAYERS, **facts):
    return summarize(NUMBER[layer], scene_of(text, outputs, manifest=manifest_with(layers, **facts)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "The sea, the storm",
            "The vocabulary has 2 of the 4 words; the ids fill 2 positions, and 0, for padding, fills the other 4.",
        ),
        (
            f"the sea {FULL}",
            "The vocabulary has 7 of the 8 words; the ids of the last 6 fill all positions, the others are cut off.",
        ),
        (FULL, "The vocabulary has all of the 6 words; the ids fill 6 positions."),
        (
            "the sea",
            "The vocabulary has 1 of the 2 words; the id fills 1 position, and 0, for padding, fills the other 5.",
        ),
        ("unheard of", "The vocabulary has none of the 2 words, so all 6 positions hold padding."),
    ],
)
def test_ids(text, sentence):
    assert said("ids", text) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "sea storm snow",
            "Each of the 3 words in the window became its 2 numbers; the other 3 positions got those of padding.",
        ),
        (
            "sea storm snow ice fog",
            "Each of the 5 words in the window became its 2 numbers; the other position got those of padding.",
        ),
        (f"wind {FULL}", "Each of the 6 words in the window became its 2 numbers."),
        ("the sea", "The one word in the window became its 2 numbers; the other 5 positions got those of padding."),
        ("unheard of", "There was no word to look up: all 6 positions got the 2 numbers of padding."),
    ],
)
def test_embedding(text, sentence):
    assert said("embedding", text) == sentence


def test_vectors_of_glove_are_called_so_unless_they_went_on_learning():
    vectors = {"source": "glove.6B.100d.txt"}
    frozen = manifest_with(vectors=vectors, frozen={"embedding"})
    assert "its 2 GloVe numbers" in summarize(1, scene_of("sea", manifest=frozen))
    assert "its 2 numbers" in summarize(1, scene_of("sea", manifest=manifest_with(vectors=vectors)))


def test_dropout():
    assert said("dropout") == "Works in training alone: all 12 numbers passed as they were."


def test_convolution():
    values = np.zeros((5, 3))
    values[3], values[4, 0] = [0.25, 2.5, 0], 1
    assert said("convolution", outputs={"convolution": values}) == (
        "3 filters looked at 5 windows of 2 words each: 20% of the numbers are above 0, "
        "and the largest, 2.50, is what filter 1 gave for “sea”."
    )
    assert said("convolution") == "3 filters looked at 5 windows of 2 words each, and none gave more than 0."


def test_a_convolution_whose_windows_are_not_known():
    values = np.zeros((5, 3))
    values[3, 2] = 1
    scene = scene_of("sea", {"convolution": values}, convolution=None)
    assert summarize(NUMBER["convolution"], scene) == (
        "3 filters looked at 5 windows: 7% of the numbers are above 0, "
        "and the largest, 1.00, is what filter 2 gave for window 3."
    )


def test_pooling():
    outputs = {"pooling": [[1, 0, 0], [2, 5, 0]], "pooling_positions": [[0, 0, 0], [2, 3, 2]]}
    assert said("pooling", outputs=outputs) == (
        "For each of 3 filters it kept the largest of every 2 numbers in a row: 6 of 15 numbers, "
        "from 3 of 5 windows; the last window fell outside."
    )


def test_pools_that_overlap():
    outputs = {"pooling": np.ones((2, 3)), "pooling_positions": [[0, 0, 0], [1, 1, 1]]}
    assert said("pooling", outputs=outputs) == (
        "For each of 3 filters it kept the largest of each of 2 stretches: 6 of 15 numbers, from 2 of 5 windows."
    )


def test_a_pooling_that_does_not_say_what_it_kept():
    assert said("pooling") == "For each of 3 filters it kept the largest number of each of 2 stretches."


def test_lstm():
    states = [[0, 0, 0, 1], [0, 3, 0, 1], [0, 3, 1, 1]]
    assert said("lstm", outputs={"lstm_states": states}) == (
        "It read 3 steps in order and carried 4 numbers along; they changed most at step 2."
    )
    assert said("lstm") == "It read its steps in order and ended with 4 numbers."


def test_the_last_layer_names_the_labels_by_their_probabilities():
    shares = "which give the probabilities storm 75.0%, calm 25.0%."
    assert said("probabilities") == f"It weighed 4 numbers into a number for each label, {shares}"
    outputs = {"logits": [0.5, -0.5]}
    assert said("probabilities", outputs=outputs) == f"It weighed 4 numbers into a score for each of 2 labels, {shares}"


def test_another_dense_layer():
    layers = [*LAYERS[:6], ("hidden", "Dense", (4,)), LAYERS[6]]
    scene = scene_of("sea", {"hidden": [1, 0, -1, 2]}, manifest=manifest_with(layers))
    assert summarize(6, scene) == "It weighed 4 numbers into 4, of which 50% are above 0."


def test_a_layer_of_another_kind():
    layers = [*LAYERS[:2], ("norm", "LayerNormalization", (6, 2)), *LAYERS[3:]]
    scene = scene_of("sea", {"norm": np.linspace(-1, 2, 12).reshape(6, 2)}, manifest=manifest_with(layers))
    assert summarize(2, scene) == "It gave 6 by 2 numbers, from -1.00 to 2.00."


def test_a_layer_that_cannot_be_seen():
    layers = [*LAYERS[:5], ("unseen", "LSTM", (4,)), LAYERS[6]]
    scene = scene_of("sea", manifest=manifest_with(layers))
    outputs = {name: output for name, output in scene.outputs.items() if name != "unseen"}
    assert summarize(5, replace(scene, outputs=outputs)) == (
        "A layer of the kind LSTM, whose several outputs are not shown."
    )
