import csv

from benchmarks.texts import generated, texts_for
from model.tokenizer import Tokenizer

TOKENIZER = Tokenizer.fit(["the sea the storm the snow", "the sea"], num_words=20)


def test_texts_are_the_same_each_time_and_of_known_words():
    texts = generated(TOKENIZER, 50)
    assert texts == generated(TOKENIZER, 50)
    assert texts != generated(TOKENIZER, 50, seed=1)
    for text in texts:
        _, total, known = TOKENIZER.encode_counting(text)
        assert 7 <= total == known <= 47


def test_frequent_words_come_more_often():
    words = " ".join(generated(TOKENIZER, 500)).lower().replace(".", "").split()
    assert words.count("the") > words.count("sea") > words.count("snow")
    assert 25 < len(words) / 500 < 29


def test_a_file_is_gone_through_again_where_it_has_too_few_texts(tmp_path):
    path = tmp_path / "texts.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "text"], [1, "one, two"], [2, "three"]])
    assert texts_for(3, path) == ["one, two", "three", "one, two"]
