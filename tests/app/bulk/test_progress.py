import io
from pathlib import Path

import pytest
from rich.console import Console

from app.bulk import progress
from app.bulk.job import Job, Summary
from app.bulk.progress import Terminal, report

JOB = Job(Path("in.csv"), Path("out.csv"), 10, prefix="p_")


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (Summary("m 1 on cpu", 5000, 0, 0, 0, 0, 2.0), ["out.csv: 5,000 rows, 2,500 rows/s, by m 1 on cpu."]),
        (
            Summary("m 1 on cpu", 5000, 1, 200, 150, 4000, 2.0),
            [
                "out.csv: 5,000 rows, 500 rows/s, by m 1 on cpu.",
                "1 row could not be classified; the column p_error says why.",
                "25.0% of the words are unknown to the model.",
            ],
        ),
        (Summary("m 1 on cpu", 0, 0, 0, 0, 0, 0.0), ["out.csv: 0 rows, by m 1 on cpu."]),
        (Summary("m 1 on cpu", 9, 0, 0, 0, 9, 0.1), ["out.csv: 9 rows, by m 1 on cpu."]),
    ],
)
def test_the_account_says_how_many_rows_how_fast_and_what_is_wrong(summary, said):
    assert report(JOB, summary).splitlines() == said


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_shows_a_bar_and_a_file_the_line_that_a_run_goes_on(monkeypatch, is_terminal):
    file = io.StringIO()
    monkeypatch.setattr(
        progress, "Console", lambda **_: Console(file=file, force_terminal=is_terminal, width=100, highlight=False)
    )
    with Terminal() as terminal:
        terminal.checking(Path("in.csv"))
        terminal.resuming(2048)
        terminal.advance(0.5, 4096)
    shown = file.getvalue()
    assert "Going on after 2,048 rows." in shown
    assert ("4,096 rows" in shown) == is_terminal
    assert ("50%" in shown) == is_terminal
    if not is_terminal:
        assert shown.strip() == "Going on after 2,048 rows."
