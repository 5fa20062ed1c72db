import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.problems import Kind, ProblemLog
from training.data.rows import Row
from training.data.validation import check_classes, check_labels, identity, without_repeats


def rows(*pairs):
    return [Row(line, text, label) for line, (text, label) in enumerate(pairs, 2)]


def found(log):
    return [(problem.kind, problem.rows, problem.first) for problem in log.problems()]


@pytest.mark.parametrize("twin", ["Where is  my order?", "where is my order?", " WHERE IS\tMY ORDER?\n"])
def test_case_and_white_space_do_not_tell_texts_apart(twin):
    assert identity(twin) == identity("Where is my order?")


def test_composed_and_decomposed_letters_are_the_same():
    assert identity("caf\u00e9") == identity("cafe\u0301") == identity("CAFE\u0301")


@pytest.mark.parametrize("other", ["Where is my order", "Where is my orders?", "Whereis my order?"])
def test_anything_else_tells_texts_apart(other):
    assert identity(other) != identity("Where is my order?")


def test_of_the_same_text_under_one_label_the_first_is_kept():
    log = ProblemLog("a.csv")
    kept = without_repeats(rows(("Hi", "x"), ("Bye", "y"), ("hi ", "x"), ("HI", "x")), log)
    assert [row.line for row in kept] == [2, 3]
    assert found(log) == [(Kind.DUPLICATE, 2, (4, 5))]
    assert "line 4: as in line 2; line 5: as in line 2" in log.problems()[0].message


def test_of_the_same_text_under_two_labels_none_is_kept():
    log = ProblemLog("a.csv")
    kept = without_repeats(rows(("Hi", "x"), ("hi", "x"), ("Bye", "y"), ("HI", "y")), log)
    assert [row.line for row in kept] == [4]
    assert found(log) == [(Kind.CONFLICT, 3, (2, 3, 5))]
    assert "line 2: 'x'; line 3: 'x'; line 5: 'y'" in log.problems()[0].message


@given(st.lists(st.tuples(st.sampled_from(["a", "A", " a", "b", "B", "c"]), st.sampled_from("xy")), max_size=20))
def test_afterwards_texts_are_unique_and_every_row_is_accounted_for(pairs):
    log = ProblemLog("a.csv")
    given_rows = rows(*pairs)
    kept = without_repeats(given_rows, log)
    assert len({identity(row.text) for row in kept}) == len(kept)
    assert len(kept) + sum(problem.rows for problem in log.problems()) == len(given_rows)
    for row in kept:
        assert {other.label for other in given_rows if identity(other.text) == identity(row.text)} == {row.label}


def test_a_class_with_too_few_rows_is_named_with_its_size():
    log = ProblemLog("a.csv")
    check_classes(rows(("a", "x"), ("b", "y"), ("c", "x"), ("d", "z"), ("e", "x")), 3, log)
    assert found(log) == [(Kind.SMALL_CLASS, 2, (3, 5))]
    assert "a class needs 3, but 'y' has 1, 'z' has 1. Add rows" in log.problems()[0].message


def test_many_small_classes_are_cut_to_the_smallest():
    log = ProblemLog("a.csv")
    check_classes(rows(*((f"text {number}", f"id{number:02}") for number in range(12))), 2, log)
    assert "'id03' has 1, 'id04' has 1 and 7 more classes" in log.problems()[0].message


def test_classes_that_just_have_enough_rows_pass():
    log = ProblemLog("a.csv")
    check_classes(rows(*((f"text {number}", "xy"[number % 2]) for number in range(6))), 3, log)
    assert found(log) == []


def test_one_class_only_is_reported_with_its_name():
    log = ProblemLog("a.csv")
    check_classes(rows(("a", "x"), ("b", "x")), 1, log)
    assert found(log) == [(Kind.ONE_CLASS, 2, (2, 3))]
    assert "one class only: 'x' in 2 rows." in log.problems()[0].message


def test_no_rows_at_all_are_reported():
    log = ProblemLog("a.csv")
    check_classes([], 1, log)
    assert found(log) == [(Kind.NO_ROWS, 0, ())]


def test_unknown_labels_are_listed_beside_the_known_ones():
    log = ProblemLog("a.csv")
    check_labels(rows(("a", "x"), ("b", "q"), ("c", "p"), ("d", "q")), ("x", "y"), log)
    assert found(log) == [(Kind.UNKNOWN_LABEL, 3, (3, 4, 5))]
    assert log.problems()[0].message == (
        "unknown labels: 'p', 'q' in 3 rows (the first: line 3, 4, 5). The known ones are 'x', 'y'"
    )


def test_known_labels_pass():
    log = ProblemLog("a.csv")
    check_labels(rows(("a", "x")), ("x", "y"), log)
    assert found(log) == []
