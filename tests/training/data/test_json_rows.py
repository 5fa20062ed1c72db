import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.columns import Columns
from training.data.json_rows import json_rows
from training.data.problems import InvalidDataError, Kind, ProblemLog
from training.data.rows import RawRow

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
GOOD = '{"text": "hello", "label": "x"}\n'


def read(path):
    log = ProblemLog(path.name)
    return list(json_rows(path, Columns(), log)), log


@given(
    rows=st.lists(st.fixed_dictionaries({"text": TEXT, "label": TEXT | st.integers()}), min_size=1, max_size=8),
    escaped=st.booleans(),
)
def test_what_the_json_module_writes_comes_back_as_it_was(tmp_path_factory, rows, escaped):
    path = tmp_path_factory.mktemp("json") / "a.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=escaped) + "\n" for row in rows), "utf-8", newline="")
    result, log = read(path)
    assert [{"text": row.text, "label": row.label} for row in result] == rows
    assert log.problems() == ()


def test_blank_lines_are_passed_over_and_lines_keep_their_numbers(write):
    assert read(write("a.jsonl", "\n" + GOOD + " \r\n" + GOOD.strip()))[0] == [
        RawRow(2, "hello", "x"),
        RawRow(4, "hello", "x"),
    ]


def test_a_key_that_is_left_out_is_a_missing_value(write):
    assert read(write("a.jsonl", '{"text": "hello"}\n' + GOOD))[0] == [
        RawRow(1, "hello", None),
        RawRow(2, "hello", "x"),
    ]


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ('{"text": "a", "label": }', "Expecting value at column 24"),
        ('{"text": "a"', "Expecting ',' delimiter at column 13"),
        ("{'text': 'a'}", "Expecting property name enclosed in double quotes at column 2"),
        ('["a", "x"]', "a JSON list"),
        ("5", "a JSON int"),
        ("null", "a JSON NoneType"),
        ('{"text": "half \\ud83d", "label": "x"}', "surrogates not allowed"),
        ("1" * 5000, "Exceeds the limit"),
        ("[" * 200_000, "recursion"),
    ],
)
def test_a_line_that_is_not_an_object_is_counted_with_its_place_and_reason(write, line, detail):
    rows, log = read(write("a.jsonl", GOOD + line + "\n" + GOOD))
    (problem,) = log.problems()
    assert [row.line for row in rows] == [1, 3]
    assert (problem.kind, problem.rows, problem.first) == (Kind.MALFORMED, 1, (2,))
    assert detail in problem.message


def test_a_whole_surrogate_pair_is_a_character(write):
    assert read(write("a.jsonl", '{"text": "\\ud83d\\ude00", "label": "x"}'))[0] == [RawRow(1, "😀", "x")]


def test_a_missing_key_is_a_missing_column(write):
    with pytest.raises(InvalidDataError, match=r"no label column.*the file has the columns 'text', 'mood'"):
        read(write("a.jsonl", '{"text": "a", "mood": "x"}\n'))


def test_an_empty_file_is_told_from_one_with_nothing_but_bad_lines(write):
    with pytest.raises(InvalidDataError) as empty:
        read(write("a.jsonl", "\n"))
    with pytest.raises(InvalidDataError) as bad:
        read(write("a.jsonl", "text,label\nhello,x\n"))
    assert [problem.kind for problem in empty.value.problems] == [Kind.EMPTY_FILE]
    assert [(problem.kind, problem.rows) for problem in bad.value.problems] == [(Kind.MALFORMED, 2)]
