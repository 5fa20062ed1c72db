from model.encoder import TextEncoder, TokenCounts
from model.tokenizer import Tokenizer

ENCODER = TextEncoder(Tokenizer({"a": 1, "b": 2, "c": 3}), sequence_length=2)


def test_known_words_fill_the_window_from_the_right():
    ids, counts = ENCODER.encode(["a zebra b"])
    assert ids.tolist() == [[1, 2]]
    assert counts == [TokenCounts(total=3, known=2, used=2, truncated=False)]


def test_what_does_not_fit_is_cut_and_said():
    ids, counts = ENCODER.encode(["a b c"])
    assert ids.tolist() == [[2, 3]]
    assert counts == [TokenCounts(total=3, known=3, used=2, truncated=True)]


def test_a_text_without_known_words_is_all_padding():
    ids, counts = ENCODER.encode(["?!", "zebra"])
    assert ids.tolist() == [[0, 0], [0, 0]]
    assert [count.known for count in counts] == [0, 0]
    assert [count.total for count in counts] == [0, 1]


def test_an_unknown_word_that_becomes_the_oov_token_is_used_but_not_known():
    encoder = TextEncoder(Tokenizer({"?": 1, "a": 2}, oov_token="?"), sequence_length=3)
    ids, counts = encoder.encode(["a zebra"])
    assert ids.tolist() == [[0, 2, 1]]
    assert counts == [TokenCounts(total=2, known=1, used=2, truncated=False)]


def test_the_sides_of_padding_and_cutting_follow_the_training():
    encoder = TextEncoder(ENCODER.tokenizer, 2, padding="post", truncating="post")
    assert encoder.encode(["c", "a b c"])[0].tolist() == [[3, 0], [1, 2]]
