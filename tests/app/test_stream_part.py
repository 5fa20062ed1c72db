import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.line_queue import Part
from app.service import Service
from app.stream_part import answer
from tests.app.fakes import FakeEngine, fake_serving, settings

GOOD = b'{"text": "one"}'


def answers(*lines, first=1, engine=None, **values):
    """What each line is answered, parsed; and the service."""

    async def main():
        service = Service(settings(**values), lambda *_: fake_serving(engine))
        service.start()
        await service.loaded()
        try:
            return await answer(Part(first, lines), service, "caller-1"), service
        finally:
            service.stop()

    answered, service = asyncio.run(main())
    assert answered == b"" or answered.endswith(b"\n")
    return [json.loads(line) for line in answered.splitlines()], service


def lines_of(given):
    return [each["error"]["line"] if "error" in each else each["probabilities"]["few"] for each in given]


def test_each_text_is_answered_in_order():
    given, service = answers(b'{"text": "three"}', b'{"text": "none known"}', b'{"text": "one"}\r')
    assert lines_of(given) == [0.25, 1.0, 0.5]
    assert service.statistics.totals()["texts"]["answered"] == 3


def test_a_line_that_cannot_be_used_is_answered_in_its_place_by_its_number():
    given, service = answers(GOOD, b"no", b'{"text": "three"}', b"[]", None, b"\xff", first=11)
    assert lines_of(given) == [0.5, 12, 0.25, 14, 15, 16]
    assert service.statistics.totals()["requests"]["accepted"] == 1
    assert service.statistics.totals()["texts"]["answered"] == 2


def test_blank_lines_are_passed_over_but_counted():
    given, _ = answers(b"", GOOD, b" \t\r", b"no", b"")
    assert lines_of(given) == [0.5, 4]
    assert answers(b"", b"\r")[0] == []


@pytest.mark.parametrize(
    ("line", "status", "detail", "field"),
    [
        (b"no", 400, "The line is not JSON in UTF-8: expected ident at line 1 column 2.", None),
        (b'{"text": "\xff"}', 400, "The line is not JSON in UTF-8: invalid unicode code point", None),
        (b'{"text": "one"},{"text": "one"}', 400, "The line is not JSON in UTF-8: trailing characters", None),
        (b'"one"', 422, 'the line has to be an object such as {"text": "…"}', "line"),
        (b"{}", 422, "text is missing", "text"),
        (b'{"text": 1}', 422, "text has to be a string", "text"),
        (b'{"text": ["one"]}', 422, "text has to be a string", "text"),
        (b'{"text": " \\n"}', 422, "text is blank", "text"),
        (b'{"text": "12345678901"}', 422, "text has 11 characters; the limit is 10", "text"),
        (b'{"texts": ["one"]}', 422, "text is missing; texts is not a field of a line; it has text alone", "text"),
        (b'{"text": "one", "id": 1}', 422, "id is not a field of a line; it has text alone", "id"),
        (None, 413, "The line is longer than the limit of 99 bytes (TERCET_MAX_BODY_BYTES).", None),
    ],
)
def test_an_error_is_the_problem_that_predict_would_answer_and_the_line(line, status, detail, field):
    (given,), service = answers(line, first=3, max_text_characters=10, max_body_bytes=99)
    problem = given["error"]
    assert set(problem) == {"type", "title", "status", "detail", "line"} | ({"errors"} if field else set())
    assert (problem["type"], problem["status"], problem["line"]) == ("about:blank", status, 3)
    assert problem["detail"].startswith(detail)
    assert field is None or problem["errors"][0]["field"] == field
    assert service.statistics.totals()["requests"]["accepted"] == 0


values = st.recursive(
    st.sampled_from(["one", "two three", "", " ", "é\u2028", "x" * 11, 0, True, None, 1e400]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["text", "texts", "id"]), inner),
    max_leaves=4,
)
written = st.builds(
    lambda value, ascii_only: json.dumps(value, ensure_ascii=ascii_only).encode(), values, st.booleans()
)
duplicates = st.sampled_from([b'{"text": 1, "text": "one"}', b'{"text": "one", "text": 1}', b"\xef\xbb\xbf" + GOOD])


noise = st.binary(max_size=20).filter(lambda line: line.strip() and b"\n" not in line)


@given(st.lists(written | duplicates | noise, min_size=1, max_size=4))
def test_a_line_is_answered_the_same_whatever_lines_are_beside_it(lines):
    alone = [answers(line, max_text_characters=10)[0][0] for line in lines]
    together, _ = answers(*lines, max_text_characters=10)
    beside_a_bad_one, _ = answers(*lines, b"no", max_text_characters=10)
    for number, each in enumerate(alone, 1):
        if "error" in each:
            each["error"]["line"] = number
    assert together == beside_a_bad_one[:-1] == alone


def test_a_failure_of_the_network_is_an_error_for_each_line_and_a_traceback_in_the_log(caplog):
    engine = FakeEngine()
    engine.error = RuntimeError("secret detail")
    given, service = answers(GOOD, b"no", b"", b'{"text": "a very private text"}', engine=engine)
    assert [(each["error"]["status"], each["error"]["line"]) for each in given] == [(500, 1), (400, 2), (500, 4)]
    assert "caller-1" in given[0]["error"]["detail"]
    assert "secret" not in str(given)
    (record,) = [record for record in caplog.records if record.name == "app.stream_part"]
    assert "caller-1" in record.getMessage()
    assert record.exc_info
    assert "private" not in caplog.text
    assert service.statistics.totals()["texts"]["waiting"] == 0
