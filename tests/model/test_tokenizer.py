"""Our tokenizer against Keras's own legacy Tokenizer, which is the reference for every id."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from keras.src.legacy.preprocessing.text import Tokenizer as KerasTokenizer
from keras.utils import pad_sequences

from benchmarks.tokenizing import compare_tokenizers
from model.encoder import TextEncoder
from model.errors import TokenizerError
from model.tokenizer import KERAS_FILTERS, Token, Tokenizer

CORPUS = ["The cat sat; the cat ran.", "A dog's day: the day of the dog", "cat"]


def fit_both(texts, num_words=None, oov_token=None):
    theirs = KerasTokenizer(num_words=num_words, oov_token=oov_token)
    theirs.fit_on_texts(texts)
    return Tokenizer.fit(texts, num_words=num_words, oov_token=oov_token), theirs


def test_ids_follow_frequency_and_equal_counts_follow_appearance():
    tokenizer = Tokenizer.fit(["b a a", "c b a"])
    assert tokenizer.word_index == {"a": 1, "b": 2, "c": 3}
    assert tokenizer.word_counts == {"b": 2, "a": 3, "c": 1}
    assert tokenizer.word_docs == {"b": 2, "a": 2, "c": 1}


def test_words_are_lowered_and_split_on_the_filter_characters():
    assert Tokenizer({}).tokenize("Don't STOP--now\t(please)\n") == ["don't", "stop", "now", "please"]


def test_only_the_space_and_the_filters_split():
    assert Tokenizer({}).tokenize("a\u00a0b\u2003c\rd e") == ["a\u00a0b\u2003c\rd", "e"]


def test_ids_from_num_words_on_are_dropped():
    tokenizer = Tokenizer({"a": 1, "b": 2, "c": 3}, num_words=3)
    assert tokenizer.encode("a b c d") == [1, 2]
    assert tokenizer.size == 3


def test_unknown_words_become_the_oov_token_where_there_is_one():
    tokenizer = Tokenizer({"<oov>": 1, "a": 2, "b": 3}, num_words=3, oov_token="<oov>")
    assert tokenizer.encode("a, b c") == [2, 1, 1]
    assert tokenizer.encode_counting("a, b c") == ([2, 1, 1], 3, 1)


def test_size_covers_the_largest_id_without_num_words():
    assert Tokenizer({"a": 1, "b": 7}).size == 8
    assert Tokenizer({}).size == 1


def test_separators_may_be_of_any_script():
    tokenizer = Tokenizer({"a": 1}, filters="、!")
    assert tokenizer.tokenize("a、B!ç") == ["a", "b", "ç"]
    assert [token.word for token in tokenizer.tokens("a、B!ç")] == ["a", "b", "ç"]


@pytest.mark.parametrize("split", ["", "ab", "、"])
def test_a_split_of_other_than_one_ascii_character_is_refused(split):
    with pytest.raises(TokenizerError, match="single ASCII character"):
        Tokenizer({}, split=split)


def test_an_oov_token_without_id_is_refused():
    with pytest.raises(TokenizerError, match="no id"):
        Tokenizer({"a": 1}, oov_token="<oov>")


def test_spans_point_into_the_text_as_it_was_given():
    text = "Cats, DOGS!"
    tokens = Tokenizer({"cats": 1}).tokens(text)
    assert tokens == [Token("cats", 0, 4, 1), Token("dogs", 6, 10, None)]
    assert [text[t.start : t.end] for t in tokens] == ["Cats", "DOGS"]


def test_spans_survive_letters_that_grow_when_lowered():
    text = "\u0130\u0130, b"  # each capital I with dot becomes two characters
    tokens = Tokenizer({}).tokens(text)
    assert [text[t.start : t.end] for t in tokens] == ["\u0130\u0130", "b"]
    assert tokens[0].word == "i\u0307i\u0307"


@pytest.mark.parametrize("num_words", [None, 4, 100])
@pytest.mark.parametrize("oov_token", [None, "<oov>", "cat"])
def test_the_vocabulary_and_ids_are_those_of_keras(num_words, oov_token):
    ours, theirs = fit_both(CORPUS, num_words, oov_token)
    assert ours.word_index == theirs.word_index
    assert ours.word_counts == theirs.word_counts
    assert ours.word_docs == theirs.word_docs
    assert ours.document_count == theirs.document_count
    unseen = [*CORPUS, "a zebra sat", "", "..."]
    assert [ours.encode(text) for text in unseen] == theirs.texts_to_sequences(unseen)


words_and_noise = st.text(alphabet=st.one_of(st.characters(), st.sampled_from(KERAS_FILTERS + " aAσΣİ'")))


@given(st.lists(words_and_noise, max_size=8), words_and_noise, st.integers(1, 6))
@example(["\u03a3\u0391\u03a3 \u0130\ud800"], "\u03a3", 2)
def test_any_unicode_gives_the_ids_of_keras(texts, unseen, num_words):
    ours, theirs = fit_both(texts, num_words)
    assert ours.word_index == theirs.word_index
    everything = [*texts, unseen]
    expected = pad_sequences(theirs.texts_to_sequences(everything), maxlen=5)
    assert np.array_equal(TextEncoder(ours, 5).encode(everything)[0], expected)


@given(words_and_noise)
def test_any_unicode_has_the_spans_of_its_words(text):
    tokenizer = Tokenizer({})
    tokens = tokenizer.tokens(text)
    assert [token.word for token in tokens] == tokenizer.tokenize(text)
    edges = [edge for token in tokens for edge in (token.start, token.end)]
    assert edges == sorted(edges)
    assert all(token.start < token.end for token in tokens)


@pytest.fixture(scope="module")
def real_texts() -> list[str]:
    with (Path(os.environ["TERCET_ACCEPTANCE_DATA"]) / "spooky/train.csv").open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


@pytest.mark.acceptance
def test_the_id_matrix_of_all_real_texts_is_that_of_keras(real_texts):
    assert len(real_texts) == 17_621
    ours, theirs = fit_both(real_texts, 20_000)
    expected = pad_sequences(theirs.texts_to_sequences(real_texts), maxlen=50)
    assert np.array_equal(TextEncoder(ours, 50).encode(real_texts)[0], expected)
    assert expected.shape == (17_621, 50)


@pytest.mark.acceptance
def test_encoding_takes_at_most_three_quarters_of_the_time_of_keras(real_texts):
    assert compare_tokenizers(real_texts, rounds=7).ratio <= 0.75
