import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.columns import Columns
from training.data.csv_rows import FIELD_LIMIT, csv_rows
from training.data.problems import InvalidDataError, Kind, ProblemLog
from training.data.rows import RawRow

CELL = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def read(path, delimiter=","):
    log = ProblemLog(path.name)
    return list(csv_rows(path, delimiter, Columns(), log)), log


def refused(path):
    with pytest.raises(InvalidDataError) as caught:
        read(path)
    return caught.value


@given(rows=st.lists(st.tuples(CELL, CELL, CELL), max_size=8))
def test_what_the_csv_module_writes_comes_back_as_it_was(tmp_path_factory, rows):
    content = io.StringIO()
    csv.writer(content).writerows([("id", "text", "label"), *rows])
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(content.getvalue().encode())
    result, log = read(path)
    assert [(row.text, row.label) for row in result] == [(text, label) for _, text, label in rows]
    assert log.problems() == ()


def test_a_row_is_numbered_by_the_line_it_begins_on(write):
    path = write("a.csv", 'id,text,label\n1,"two\nlines",x\n\n2,one,y\n')
    assert read(path)[0] == [RawRow(2, "two\nlines", "x"), RawRow(5, "one", "y")]


def test_windows_line_ends_and_blanks_around_column_names_do_no_harm(write):
    assert read(write("a.csv", "\ufeff text , label\r\nhello,x\r\n"))[0] == [RawRow(2, "hello", "x")]


def test_tabs_separate_a_tsv(write):
    assert read(write("a.tsv", "text\tlabel\nhello, you\tx\n"), "\t")[0] == [RawRow(2, "hello, you", "x")]


def test_ragged_rows_are_counted_with_their_lines_and_widths(write):
    rows, log = read(write("a.csv", "text,label\nfine,x\nno label\nfine,y\na, comma,x\n"))
    (problem,) = log.problems()
    assert [row.line for row in rows] == [2, 4]
    assert (problem.kind, problem.rows, problem.first) == (Kind.RAGGED_ROW, 2, (3, 5))
    assert "line 3: 1 field instead of 2; line 5: 3 fields instead of 2" in problem.message


@pytest.mark.parametrize("content", ["", "\n\r\n", "\ufeff"])
def test_a_file_without_a_header_is_empty(write, content):
    error = refused(write("a.csv", content))
    assert [problem.kind for problem in error.problems] == [Kind.EMPTY_FILE]


def test_a_file_with_another_separator_is_told_so(write):
    message = str(refused(write("a.csv", "text;label\nhello;x\n")))
    assert "the only column is 'text;label'. Separate columns by commas" in message


def test_a_quote_that_is_never_closed_is_placed_where_its_row_begins(write):
    error = refused(write("a.csv", 'text,label\nfine,x\n"not closed,x\nfine,y\n'))
    assert error.problems[0].kind == Kind.MALFORMED
    assert "the row that begins on line 3 opens a double quote that is never closed" in str(error)


def test_a_misplaced_quote_is_placed(write):
    message = str(refused(write("a.csv", 'text,label\n"so\ncalled" 5" screen,x\n')))
    assert "line 3, in the row that begins on line 2" in message
    assert "is written twice" in message


def test_old_mac_line_ends_are_recognised(write):
    assert "line 1 has a carriage return in the middle" in str(refused(write("a.csv", "text,label\rhello,x\r")))


def test_a_field_may_be_long_but_not_endless(write):
    assert len(read(write("a.csv", f"text,label\n{'x' * 200_000},y\n"))[0][0].text) == 200_000
    message = str(refused(write("a.csv", f"text,label\n{'x' * (FIELD_LIMIT + 1)},y\n")))
    assert "the row that begins on line 2 has a field of more than 1,048,576 characters" in message


def test_problems_before_a_misplaced_quote_are_reported_with_it(write):
    error = refused(write("a.csv", 'text,label\nno label\n"not closed,x\n'))
    assert {problem.kind for problem in error.problems} == {Kind.RAGGED_ROW, Kind.MALFORMED}
