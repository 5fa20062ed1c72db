import pytest

from training.data.problems import Kind, ProblemLog
from training.data.rows import RawRow, Row, clean


def cleaned(text, label):
    log = ProblemLog("a.jsonl")
    return clean(RawRow(7, text, label), log), log.problems()


def test_the_text_stays_as_it_is_and_the_label_loses_its_blanks():
    assert cleaned("  Hello\n", "\t x y ") == (Row(7, "  Hello\n", "x y"), ())


@pytest.mark.parametrize(
    ("value", "label"), [(1, "1"), (2.5, "2.5"), (True, "true"), (False, "false"), (0, "0"), (-3, "-3")]
)
def test_numbers_and_booleans_are_labels_in_their_written_form(value, label):
    assert cleaned("a", value) == (Row(7, "a", label), ())


@pytest.mark.parametrize("text", [None, "", " \t\n", "\u2003"])
def test_a_blank_text_is_left_out(text):
    row, (problem,) = cleaned(text, "x")
    assert row is None
    assert (problem.kind, problem.first) == (Kind.EMPTY_TEXT, (7,))


@pytest.mark.parametrize("label", [None, "", "  ", float("nan")])
def test_a_missing_label_leaves_the_row_out(label):
    row, (problem,) = cleaned("a", label)
    assert row is None
    assert (problem.kind, problem.first) == (Kind.MISSING_LABEL, (7,))


def test_a_row_with_neither_is_counted_once():
    _, (problem,) = cleaned("", "")
    assert (problem.kind, problem.rows) == (Kind.EMPTY_TEXT, 1)


@pytest.mark.parametrize("text", [5, ["a"], b"a", True])
def test_a_text_that_is_no_string_is_of_the_wrong_type(text):
    row, (problem,) = cleaned(text, "x")
    assert row is None
    assert problem.kind == Kind.WRONG_TYPE
    assert f"line 7: text {text!r}" in problem.message


@pytest.mark.parametrize("label", [["x"], {"x": 1}, b"x"])
def test_a_label_that_is_neither_string_nor_number_nor_boolean_is_of_the_wrong_type(label):
    row, (problem,) = cleaned("a", label)
    assert row is None
    assert problem.kind == Kind.WRONG_TYPE
    assert f"line 7: label {label!r}" in problem.message
