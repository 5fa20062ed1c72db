"""A word left out: the others close up, and what was cut off comes in."""

import numpy as np
import pytest

from model.encoder import TextEncoder
from model.explanation.leave_one_out import variants
from model.explanation.window import place
from model.tokenizer import Tokenizer

TOKENIZER = Tokenizer({"sea": 1, "storm": 2, "snow": 3, "ice": 4, "fog": 5})


@pytest.mark.parametrize(
    ("padding", "truncating", "text", "rows"),
    [
        ("pre", "pre", "the sea storm", [[0, 1, 2], [0, 0, 2], [0, 0, 1]]),
        ("post", "pre", "sea the storm", [[1, 2, 0], [2, 0, 0], [1, 0, 0]]),
        ("pre", "pre", "fog sea storm snow ice", [[2, 3, 4], [1, 3, 4], [1, 2, 4], [1, 2, 3]]),
        ("pre", "post", "sea storm snow ice fog", [[1, 2, 3], [2, 3, 4], [1, 3, 4], [1, 2, 4]]),
        ("pre", "pre", "sea sea", [[0, 1, 1], [0, 0, 1], [0, 0, 1]]),
        ("pre", "pre", "nothing known", [[0, 0, 0]]),
    ],
)
def test_each_word_inside_the_window_is_left_out_in_turn(padding, truncating, text, rows):
    encoder = TextEncoder(TOKENIZER, 3, padding, truncating)
    placed = place(TOKENIZER.tokens(text), encoder)
    left_out = [word for word in placed if word.position is not None]
    np.testing.assert_array_equal(variants(placed, left_out, encoder), rows)


def test_the_text_itself_is_encoded_as_it_is_for_a_prediction():
    encoder = TextEncoder(TOKENIZER, 3)
    text = "fog sea the storm snow ice"
    expected, _ = encoder.encode([text])
    np.testing.assert_array_equal(variants(place(TOKENIZER.tokens(text), encoder), [], encoder), expected)
