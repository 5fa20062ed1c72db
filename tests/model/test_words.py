"""What a word is where case and punctuation count, in the scripts of the world and in what people type."""

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model.words import IN_ANY, IN_ASCII, pattern_for


def words(text):
    return [word for word in pattern_for(text).findall(text) if word]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's late; go!", ["It's", "late", ";", "go", "!"]),
        ("rock'n'roll 'so' it is", ["rock'n'roll", "'", "so", "'", "it", "is"]),
        ("don\u2019t", ["don\u2019t"]),
        ("@ada_1 #dusk 3.5%", ["@", "ada_1", "#", "dusk", "3", ".", "5", "%"]),
        ("see https://a.example/b?c=d#e now", ["see", "https", "now"]),
        ("www.a.example", ["www", ".", "a", ".", "example"]),
        ("so: //no link", ["so", ":", "/", "/", "no", "link"]),
        ("", []),
    ],
)
def test_words_keep_their_case_and_marks_stand_alone(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Дом, мой дом", ["Дом", ",", "мой", "дом"]),
        ("ἐν ἀρχῇ", ["ἐν", "ἀρχῇ"]),
        ("cafe\u0301 nai\u0308ve", ["cafe\u0301", "nai\u0308ve"]),  # accents apart from their letters
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("தமிழ் மொழி", ["தமிழ்", "மொழி"]),
        ("مَرحَبًا بالعالم", ["مَرحَبًا", "بالعالم"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),  # a joiner within a Persian word
        ("שָׁלוֹם", ["שָׁלוֹם"]),
        ("안녕 세계", ["안녕", "세계"]),
    ],
)
def test_marks_of_a_script_stay_within_the_word(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今日はGPT4。", ["今", "日", "は", "GPT4", "。"]),
        ("タワーへ", ["タ", "ワ", "ー", "へ"]),
        ("か\u3099", ["か\u3099"]),
        ("ฉันรัก", ["ฉั", "น", "รั", "ก"]),
        ("ភាសា", ["ភា", "សា"]),
        ("မြန်မာ", ["မြ", "န်", "မာ"]),
        ("\U00020000\U0002f800", ["\U00020000", "\U0002f800"]),
    ],
)
def test_letters_of_scripts_without_spaces_are_words_with_their_marks(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\U0001f44d\U0001f3fd\U0001f44d", ["\U0001f44d", "\U0001f3fd", "\U0001f44d"]),
        ("\U0001f469\u200d\U0001f467", ["\U0001f469", "\U0001f467"]),
        ("\u2764\ufe0f ok", ["\u2764", "ok"]),
        ("\U0001f1ef\U0001f1f5\U0001f1eb\U0001f1f7", ["\U0001f1ef\U0001f1f5", "\U0001f1eb\U0001f1f7"]),
        ("\u200b\u200e\ufe0f", []),
    ],
)
def test_emoji_are_words_without_what_cannot_be_seen(text, expected):
    assert words(text) == expected


@given(st.text(st.characters(max_codepoint=127), max_size=40))
@example("a://b c'd'' ://\n'://x")
def test_both_patterns_agree_on_ascii(text):
    assert IN_ASCII.findall(text) == IN_ANY.findall(text)


@given(st.text(max_size=40))
@example("\U0001f1ef\U0001f1f5\U0001f1eb")
@example("\ud800a")
def test_words_lie_in_the_text_in_order_and_hold_no_space(text):
    spans = [match.span(1) for match in pattern_for(text).finditer(text) if match[1]]
    assert spans == sorted(spans)
    assert all(start < end for start, end in spans)
    assert not any(re.search(r"\s", text[start:end]) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_a_long_run_of_one_script_takes_one_pass():
    for letter in ("क", "कि", "e\u0301", "字", "'a", "a\u2019"):
        text = letter * 50_000
        assert "".join(words(text)) == text
