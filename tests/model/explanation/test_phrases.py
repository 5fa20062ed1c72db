"""Windows and filters by what they did to the logit, counted by hand."""

from dataclasses import replace

import numpy as np
import pytest

from model.explanation.explanation import ExplainedFilter, Phrase
from model.explanation.phrases import MOST_FILTERS, MOST_PHRASES, strongest_filters, strongest_phrases
from model.phrases import TrainingPhrase
from tests.model.explanation.scenes import CONVOLUTION, scene_of

TEXT = "The Sea; the storm, and snow!"  # positions 3, 4 and 5; windows 2 to 4 hold words
OUTPUTS = {
    "convolution": [[1, 0, 0], [0, 0, 0], [2, 0, 0], [0, 5, 0], [0, 0, 0]],
    "pooling": [[1, 0, 0], [2, 5, 0]],
    "pooling_positions": [[0, 0, 0], [2, 3, 2]],
}
EFFECTS = np.array([[9, 0, 0], [0, 0, 0], [0.5, 0, 0], [0, -2, 0], [1, 0, 0.25]])


def test_windows_that_pooling_kept_something_of_come_in_the_order_of_their_effect():
    assert strongest_phrases(scene_of(TEXT, OUTPUTS), CONVOLUTION, EFFECTS) == (
        Phrase("Sea; the storm", 4, 18, 3, ("sea", "storm"), wins=1, effect=-2.0),
        Phrase("Sea", 4, 7, 2, ("sea",), wins=1, effect=0.5),
    )


def test_where_no_pooling_follows_every_window_with_words_counts():
    scene = scene_of(TEXT, {"convolution": OUTPUTS["convolution"]})
    phrases = strongest_phrases(scene, replace(CONVOLUTION, pooling=None), EFFECTS)
    assert [(phrase.position, phrase.wins) for phrase in phrases] == [(3, 0), (4, 0), (2, 0)]
    assert phrases[1].text == "storm, and snow"


def test_of_a_text_without_known_words_there_are_no_phrases():
    assert strongest_phrases(scene_of("unheard of", OUTPUTS), CONVOLUTION, EFFECTS) == ()


def test_filters_come_in_the_order_of_their_effect_with_the_window_that_excites_them_most():
    found = TrainingPhrase(("calm", "sea"), 6.5, 3)
    assert strongest_filters(scene_of(TEXT, OUTPUTS), CONVOLUTION, EFFECTS, {1: (found,)}) == (
        ExplainedFilter(0, 10.5, 2.0, 2, ("sea",), ()),
        ExplainedFilter(1, -2.0, 5.0, 3, ("sea", "storm"), (found,)),
        ExplainedFilter(2, 0.25, 0.0, None, (), ()),
    )


@pytest.mark.parametrize("many", [30])
def test_only_so_many_are_shown(many):
    text = "sea storm snow ice fog calm"
    convolution = replace(CONVOLUTION, filters=many)
    effects = np.ones((5, many))
    scene = scene_of(text, {"convolution": np.ones((5, many)), "pooling": np.ones((2, many))})
    assert len(strongest_filters(scene, convolution, effects, {})) == MOST_FILTERS
    assert len(strongest_phrases(scene, replace(convolution, pooling=None), effects)) == 5 < MOST_PHRASES
