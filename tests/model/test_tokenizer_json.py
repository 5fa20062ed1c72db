"""The file format, read and written in both directions with Keras's own functions."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras.src.legacy.preprocessing.text import Tokenizer as KerasTokenizer
from keras.src.legacy.preprocessing.text import tokenizer_from_json

from model import tokenizer_json
from model.errors import TokenizerError
from model.tokenizer import Tokenizer

TEXTS = ["Snow, snow and more snow", "no more rain", "İstanbul ΣΑΣ \ud800"]
UNSEEN = ["more rain and hail", "", "snow " * 9]


def keras_file(**options):
    theirs = KerasTokenizer(**options)
    theirs.fit_on_texts(TEXTS)
    return theirs


def edited(**changes):
    content = json.loads(keras_file().to_json())
    content["config"] |= changes
    return json.dumps(content)


@pytest.mark.parametrize("options", [{}, {"num_words": 3}, {"oov_token": "?"}, {"lower": False, "filters": ","}])
def test_we_read_what_keras_writes(options):
    theirs = keras_file(**options)
    ours = tokenizer_json.load(theirs.to_json())
    assert [ours.encode(text) for text in TEXTS + UNSEEN] == theirs.texts_to_sequences(TEXTS + UNSEEN)


@pytest.mark.parametrize("options", [{}, {"num_words": 3}, {"oov_token": "?"}])
def test_keras_reads_what_we_write(options):
    ours = Tokenizer.fit(TEXTS, **options)
    theirs = tokenizer_from_json(tokenizer_json.dump(ours))
    assert theirs.texts_to_sequences(TEXTS + UNSEEN) == [ours.encode(text) for text in TEXTS + UNSEEN]


def test_our_file_holds_what_keras_would_have_written():
    ours = json.loads(tokenizer_json.dump(Tokenizer.fit(TEXTS, num_words=5)))
    theirs = json.loads(keras_file(num_words=5).to_json())
    nested = ["word_counts", "word_docs", "index_docs", "index_word", "word_index"]
    for content in (ours, theirs):
        content["config"] |= {key: json.loads(content["config"][key]) for key in nested}
    assert ours == theirs


def test_the_order_of_the_tables_gives_no_text_away():
    tokenizer = Tokenizer.fit(["zebras are seldom seen", "seldom are zebras heard", "seldom are", "seldom"])
    config = json.loads(tokenizer_json.dump(tokenizer))["config"]
    for key in ("word_index", "word_counts", "word_docs"):
        assert list(json.loads(config[key])) == ["seldom", "are", "zebras", "seen", "heard"]
    assert list(json.loads(config["index_docs"])) == ["1", "2", "3", "4", "5"]


@given(st.lists(st.text(), max_size=5), st.text())
def test_a_round_trip_keeps_every_id(texts, unseen):
    before = Tokenizer.fit(texts)
    after = tokenizer_json.load(tokenizer_json.dump(before))
    assert after.word_index == before.word_index
    assert after.encode(unseen) == before.encode(unseen)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ('{"config"', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not the JSON of a Keras Tokenizer"),
        ('{"config": {}}', "no config.word_index"),
        (edited(char_level=True), "char_level"),
        (edited(word_index="{"), "config.word_index: not JSON"),
        (edited(word_index="[]"), "not a table of words"),
        (edited(word_index='{"a": "1"}'), "'a' has '1'"),
        (edited(word_index='{"a": 0}'), "whole number from 1"),
        (edited(word_index='{"a": true}'), "'a' has True"),
        (edited(num_words="many"), "config.num_words is 'many', not int"),
        (edited(num_words=True), "config.num_words is True"),
        (edited(split=""), "single ASCII character"),
        (edited(oov_token="gone"), "no id"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(text, said):
    with pytest.raises(TokenizerError, match=said):
        tokenizer_json.load(text, origin="some/tokenizer.json")


def test_the_error_names_the_file():
    with pytest.raises(TokenizerError, match=r"^some/tokenizer\.json: not JSON"):
        tokenizer_json.load("{", origin="some/tokenizer.json")


def test_without_counts_the_ids_are_the_same():
    before = Tokenizer.fit(TEXTS)
    after = tokenizer_json.load(tokenizer_json.dump(before), counts=False)
    assert after.word_index == before.word_index
    assert (after.word_counts, after.word_docs) == ({}, {})
    assert [after.encode(text) for text in TEXTS] == [before.encode(text) for text in TEXTS]
