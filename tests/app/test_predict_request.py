import pytest

from app.errors import InvalidRequestError, NotJsonError
from app.predict_request import parse, parse_line
from tests.app.fakes import settings

LIMITS = settings(max_texts=3, max_text_characters=10)


def refusal(body):
    with pytest.raises(InvalidRequestError) as caught:
        parse(body, LIMITS)
    return [(problem.field, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("body", "texts", "several"),
    [
        (b'{"text": "a"}', ["a"], False),
        (b'{"texts": ["a", "b"]}', ["a", "b"], True),
        (b'{"texts": ["a"]}', ["a"], True),
        (b'{"text": "a", "texts": null}', ["a"], False),
        (b'{"text": "a", "text": "b"}', ["b"], False),
        (b'\xef\xbb\xbf{"text": "a"}', ["a"], False),
        (b'{"text": "a\\u0000b"}', ["a\0b"], False),
        ('{"text": "İ 😀"}'.encode(), ["İ 😀"], False),
        (b'{"text": "\\ud83d\\ude00"}', ["😀"], False),
        (b'{"text": "0123456789"}', ["0123456789"], False),
    ],
)
def test_texts_are_taken_as_they_were_sent(body, texts, several):
    found = parse(body, LIMITS)
    assert (found.texts, found.several) == (texts, several)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{}", ("text", "text is missing; send text, or texts for several")),
        (b'{"text": null}', ("text", "text is missing; send text, or texts for several")),
        (b'{"text": "a", "texts": ["b"]}', ("texts", "text and texts are both given; send one of them")),
        (b'{"texts": []}', ("texts", "texts is empty; send at least one")),
        (b'{"texts": ["a", "b", "c", "d"]}', ("texts", "texts has 4 texts; the limit is 3 (TERCET_MAX_TEXTS)")),
        (b'{"text": ""}', ("text", "text is blank")),
        (b'{"text": " \\t\\n\\u00a0\\u2003"}', ("text", "text is blank")),
        (b'{"texts": ["a", " "]}', ("texts[1]", "texts[1] is blank")),
        (
            b'{"text": "0123456789x"}',
            ("text", "text has 11 characters; the limit is 10 (TERCET_MAX_TEXT_CHARACTERS)"),
        ),
        (b'{"text": 1}', ("text", "text has to be a string")),
        (b'{"text": NaN}', ("text", "text has to be a string")),
        (b'{"text": 1e999}', ("text", "text has to be a string")),
        (b'{"text": ["a"]}', ("text", "text has to be a string")),
        (b'{"texts": "a"}', ("texts", "texts has to be a list of strings")),
        (b'{"texts": {"0": "a"}}', ("texts", "texts has to be a list of strings")),
        (b'{"texts": ["a", null]}', ("texts[1]", "texts[1] has to be a string")),
        (b'{"text": "a", "x": 1}', ("x", "x is not a field of this request; it has text or texts")),
        (b"null", ("body", 'the body has to be an object such as {"text": "…"}')),
        (b"[]", ("body", 'the body has to be an object such as {"text": "…"}')),
        (b'"text"', ("body", 'the body has to be an object such as {"text": "…"}')),
        (b"42", ("body", 'the body has to be an object such as {"text": "…"}')),
    ],
)
def test_a_wrong_request_names_the_field_and_the_limit(body, problem):
    assert refusal(body) == [problem]


def test_every_blank_text_is_named():
    assert [field for field, _ in refusal(b'{"texts": ["", "a", " "]}')] == ["texts[0]", "texts[2]"]


def test_a_list_of_wrong_values_does_not_make_an_answer_of_its_own_size():
    assert len(refusal(b'{"texts": [' + b"1," * 100_000 + b"1]}")) == 1


def test_an_answer_names_twenty_problems_at_most():
    found = refusal(b"{" + b",".join(b'"%d": 1' % n for n in range(1000)) + b"}")
    assert len(found) == 20


def test_the_name_of_an_unknown_field_is_cut():
    ((field, message),) = refusal(b'{"' + b"x" * 100_000 + b'": 1}')
    assert len(field) == 60
    assert len(message) < 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b'{"text": "a"',
        b'{"text": "a"} x',
        b"text=a",
        b'{"text": "\xff"}',
        '{"text": "a"}'.encode("utf-16"),
        b'{"text": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"text": "a\x00b"}',
        b"[" * 100_000,
        b'{"text":' * 100_000,
        b'{"text": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_in_utf8_is_refused_as_such(body):
    with pytest.raises(NotJsonError, match=r"^The body is not JSON in UTF-8: .+ at line 1 column \d+\.$"):
        parse(body, LIMITS)


@pytest.mark.parametrize("line", [b'{"text": "a"}\r', b'\xef\xbb\xbf{"text": "a"}', b'{"text": 1, "text": "a"}'])
def test_a_line_is_a_request_for_one_text(line):
    assert parse_line(line, LIMITS) == "a"


def test_a_line_that_is_no_json_is_refused_as_such():
    with pytest.raises(NotJsonError, match=r"^The line is not JSON in UTF-8: .+ at line 1 column \d+\.$"):
        parse_line(b"text=a", LIMITS)
