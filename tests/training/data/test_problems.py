import pytest

from training.data.problems import TOLERATED, WORDING, InvalidDataError, Kind, Problem, ProblemLog, listed, shown
from training.errors import DataError


def test_rows_are_counted_and_the_first_five_are_named():
    log = ProblemLog("a.csv")
    for line in range(2, 1_202):
        log.add(Kind.EMPTY_TEXT, line)
    (problem,) = log.problems()
    assert problem == Problem(
        Kind.EMPTY_TEXT,
        "empty text: 1,200 rows (line 2; line 3; line 4; line 5; line 6; …). Left out.",
        rows=1200,
        first=(2, 3, 4, 5, 6),
    )


def test_five_rows_or_fewer_are_named_without_an_ellipsis():
    log = ProblemLog("a.parquet", unit="row")
    log.add(Kind.WRONG_TYPE, 7, "text 5")
    assert log.problems()[0].message.startswith("value of the wrong type: 1 row (row 7: text 5). A text")


def test_a_file_whose_rows_are_only_left_out_passes():
    log = ProblemLog("a.csv")
    for kind in TOLERATED & set(WORDING):
        log.add(kind, 3)
    log.check()
    assert not any(problem.fatal for problem in log.problems())


@pytest.mark.parametrize("kind", sorted(set(Kind) - TOLERATED))
def test_every_other_kind_refuses_the_file(kind):
    log = ProblemLog("a.csv")
    log.report(Problem(kind, "what and where"))
    with pytest.raises(DataError, match=r"^a\.csv: what and where$"):
        log.check()


def test_a_refusal_lists_all_problems_with_the_fatal_ones_first():
    log = ProblemLog("a.csv")
    log.add(Kind.CONFLICT, 4, "'x'")
    log.report(Problem(Kind.ONE_CLASS, "one class only"))
    log.add(Kind.RAGGED_ROW, 9, "3 fields instead of 2")
    with pytest.raises(InvalidDataError) as caught:
        log.check()
    assert [problem.kind for problem in caught.value.problems] == [Kind.RAGGED_ROW, Kind.ONE_CLASS, Kind.CONFLICT]
    assert str(caught.value).splitlines() == [
        "a.csv: 3 problems",
        "- ragged rows: 1 row (line 9: 3 fields instead of 2). " + WORDING[Kind.RAGGED_ROW][1],
        "- one class only",
        "- same text under two labels: 1 row (line 4: 'x'). All of them are left out.",
    ]


def test_every_kind_that_is_tolerated_can_be_counted():
    assert set(WORDING) >= TOLERATED - {Kind.FEW_ROWS}  # which costs no row


def test_long_values_and_long_lists_are_cut():
    assert shown("x" * 1000) == "'" + "x" * 59 + "…"
    assert listed(range(23)).endswith("18, 19 and 3 more")
    assert listed(["a", "b"]) == "'a', 'b'"
