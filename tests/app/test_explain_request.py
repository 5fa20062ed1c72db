import pytest
from starlette.datastructures import QueryParams

from app.errors import InvalidRequestError, NotJsonError
from app.explain_request import Wanted, parse
from tests.app.fakes import settings

LIMITS = settings(max_text_characters=10)


def parsed(body, query=""):
    return parse(body, QueryParams(query), LIMITS)


def refusal(body, query=""):
    with pytest.raises(InvalidRequestError) as caught:
        parsed(body, query)
    return [(problem.field, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("body", "query", "wanted"),
    [
        (b'{"text": "a"}', "", Wanted("a", None, full=True)),
        (b'{"text": "a", "label": null, "detail": null}', "", Wanted("a", None, full=True)),
        (b'{"text": "a", "label": "HPL", "detail": "summary"}', "", Wanted("a", "HPL", full=False)),
        (b'{"text": "a", "detail": "full"}', "", Wanted("a", None, full=True)),
        (b'{"text": "a"}', "detail=summary&label=HPL", Wanted("a", "HPL", full=False)),
        (b'{"text": "a", "label": "HPL"}', "label=HPL&label=HPL", Wanted("a", "HPL", full=True)),
        (b'{"text": "a", "label": "HPL"}', "detail=full", Wanted("a", "HPL", full=True)),
        (b'{"text": "a"}', "label=", Wanted("a", "", full=True)),
        (b'{"text": "a"}', "label=%C3%A9%20%F0%9F%98%80", Wanted("a", "é 😀", full=True)),
        (b'{"text": "a"}', "trace=1", Wanted("a", None, full=True)),
        (b'\xef\xbb\xbf{"text": " a\\n"}', "", Wanted(" a\n", None, full=True)),
    ],
)
def test_what_is_wanted_comes_from_body_and_query(body, query, wanted):
    assert parsed(body, query) == wanted


@pytest.mark.parametrize(
    ("body", "query", "problem"),
    [
        (b"{}", "", ("text", "text is missing")),
        (b'{"text": null}', "", ("text", "text has to be a string")),
        (b'{"text": 1}', "", ("text", "text has to be a string")),
        (b'{"text": "  "}', "", ("text", "text is blank")),
        (
            b'{"text": "0123456789x"}',
            "",
            ("text", "text has 11 characters; the limit is 10 (TERCET_MAX_TEXT_CHARACTERS)"),
        ),
        (
            b'{"text": "a", "texts": ["b"]}',
            "",
            ("texts", "texts is not a field of this request; it has text, label and detail"),
        ),
        (b'{"text": "a", "label": 3}', "", ("label", "label has to be a string")),
        (b'{"text": "a", "detail": "all"}', "", ("detail", "detail has to be full or summary")),
        (b'{"text": "a", "detail": true}', "", ("detail", "detail has to be full or summary")),
        (b'{"text": "a"}', "detail=all", ("detail", "detail is 'all'; it has to be full or summary")),
        (b'{"text": "a"}', "detail=", ("detail", "detail is empty; it has to be full or summary")),
        (
            b'{"text": "a", "detail": "full"}',
            "detail=summary",
            ("detail", "detail is given as 'full' and 'summary'; give it once, in the body or in the query"),
        ),
        (
            b'{"text": "a", "label": "EAP"}',
            "label=HPL",
            ("label", "label is given as 'EAP' and 'HPL'; give it once, in the body or in the query"),
        ),
        (
            b'{"text": "a"}',
            "label=EAP&label=",
            ("label", "label is given as 'EAP' and empty; give it once, in the body or in the query"),
        ),
        (b"[]", "", ("body", 'the body has to be an object such as {"text": "…"}')),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(body, query, problem):
    assert refusal(body, query) == [problem]


def test_a_long_value_is_not_repeated_at_length():
    ((_, message),) = refusal(b'{"text": "a"}', "detail=" + "é" * 1000)
    assert len(message) < 300
    assert message.isascii()


@pytest.mark.parametrize("body", [b"", b"text=a", b'{"text": "\xff"}', b'{"text": "\\ud800"}'])
def test_what_is_no_json_is_told_so(body):
    with pytest.raises(NotJsonError, match="is not JSON in UTF-8"):
        parsed(body)
