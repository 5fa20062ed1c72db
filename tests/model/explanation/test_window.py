"""Where words stand in the window: as the encoder puts them there, on whichever side it pads and cuts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.encoder import TextEncoder
from model.explanation.window import Placed, count_tokens, place
from model.tokenizer import Tokenizer

WORDS = {"sea": 1, "storm": 2, "snow": 3, "ice": 4}
TOKENIZER = Tokenizer(WORDS)
SIDES = list(itertools.product(["pre", "post"], ["pre", "post"]))


def placed(text, padding, truncating, tokenizer=TOKENIZER):
    return place(tokenizer.tokens(text), TextEncoder(tokenizer, 3, padding, truncating))


@pytest.mark.parametrize(
    ("padding", "truncating", "text", "expected"),
    [
        ("pre", "pre", "the sea, the storm", [(1, 1, 1), (3, 2, 2)]),
        ("post", "pre", "the sea, the storm", [(1, 1, 0), (3, 2, 1)]),
        ("pre", "pre", "sea storm snow ice", [(0, 1, None), (1, 2, 0), (2, 3, 1), (3, 4, 2)]),
        ("pre", "post", "sea storm snow ice", [(0, 1, 0), (1, 2, 1), (2, 3, 2), (3, 4, None)]),
        ("pre", "pre", "no such word", []),
    ],
)
def test_known_words_fill_the_window_and_unknown_ones_take_no_place(padding, truncating, text, expected):
    assert placed(text, padding, truncating) == [
        Placed(token, id_, True, position) for token, id_, position in expected
    ]


def test_unknown_words_that_have_an_id_in_common_take_a_place_and_stay_unknown():
    tokenizer = Tokenizer({"<oov>": 1, "sea": 2}, oov_token="<oov>", filters="")
    assert placed("the sea <oov>", "pre", "pre", tokenizer) == [
        Placed(0, 1, False, 0),
        Placed(1, 2, True, 1),
        Placed(2, 1, False, 2),
    ]


@pytest.mark.parametrize(("padding", "truncating"), SIDES)
@pytest.mark.parametrize("tokenizer", [TOKENIZER, Tokenizer({"?": 5} | WORDS, oov_token="?")])
@given(words=st.lists(st.sampled_from([*WORDS, "unknown"]), max_size=6))
def test_the_places_are_those_of_the_encoder(padding, truncating, tokenizer, words):
    encoder = TextEncoder(tokenizer, 3, padding, truncating)
    text = " ".join(words)
    row = [0, 0, 0]
    tokens = tokenizer.tokens(text)
    places = place(tokens, encoder)
    for word in places:
        if word.position is not None:
            row[word.position] = word.id
    ids, (counts,) = encoder.encode([text])
    assert row == ids[0].tolist()
    assert sum(word.known for word in places) == counts.known
    assert count_tokens(tokens, places) == counts
    assert sum(word.position is not None for word in places) == counts.used
