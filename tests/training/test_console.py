"""What a person and a machine are shown of a run."""

import json

import pytest

from training.console import JsonLines, Terminal
from training.data.problems import InvalidDataError, Kind, Problem


@pytest.fixture
def terminal(monkeypatch):
    """A screen of 80 columns; without `TTY_COMPATIBLE` standard error is a log."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TTY_INTERACTIVE", "1")


def run(watcher):
    """A short run as the pipeline tells it."""
    with watcher:
        watcher.note("computing on the CPU")
        watcher.stage("reading data.csv")
        watcher.advance(240)
        watcher.warn("data.csv: empty text: 1 row")
        for epoch in (1, 2):
            watcher.stage(f"epoch {epoch} of 2", 3, epoch=epoch, of=2)
            for step in (1, 2, 3):
                watcher.advance(step, loss=1 / step, accuracy=0.5)
            watcher.advance(3, loss=1 / 3, validation_loss=0.25)
        watcher.stage("export")
        watcher.result({"version": 1, "loss": 0.5}, "data version 1 is in var/models and serves")


def lines_without_durations(text):
    """The lines, without the seconds at their end, which differ from run to run."""
    return [line.rsplit("  ", 1)[0] if line.endswith(" s") else line for line in text.splitlines()]


def test_a_log_has_a_line_for_each_stage_in_order_and_no_control_characters(capsys):
    run(Terminal())
    out, err = capsys.readouterr()
    assert out == "data version 1 is in var/models and serves\n"
    assert lines_without_durations(err) == [
        "computing on the CPU",
        "reading data.csv",
        "warning: data.csv: empty text: 1 row",
        "epoch 1 of 2  loss 0.333  validation loss 0.250",
        "epoch 2 of 2  loss 0.333  validation loss 0.250",
        "export",
    ]
    assert "\x1b" not in err


def test_finished_stages_stand_above_one_bar(terminal, capsys):
    watcher = Terminal()
    with watcher:
        for epoch in range(1, 60):
            watcher.stage(f"epoch {epoch} of 60", 3)
            watcher.advance(3, loss=0.5)
        assert len(watcher._bars.tasks) == 1
    _, err = capsys.readouterr()
    assert all(f"epoch {epoch} of 60  loss 0.500  " in err for epoch in range(1, 59))


def test_the_cursor_is_shown_again_after_success_and_failure(terminal, capsys):
    run(Terminal())
    hidden, shown = "\x1b[?25l", "\x1b[?25h"
    assert shown in capsys.readouterr().err.rpartition(hidden)[2]
    with Terminal() as watcher:
        watcher.stage("epoch 1 of 2", 3)
        watcher.error("it failed")
    assert shown in capsys.readouterr().err.rpartition(hidden)[2]


def test_a_note_amid_a_stage_leaves_its_bar(capsys):
    with Terminal() as watcher:
        watcher.stage("downloading", 10)
        watcher.advance(4)
        watcher.note("the connection broke off; trying again")
        watcher.advance(10)
        watcher.stage("next")
    assert lines_without_durations(capsys.readouterr().err) == ["the connection broke off; trying again", "downloading"]


@pytest.mark.parametrize("message", ["[bold]no[/bold] markup", "a [/] b", "x" * 300, "two\nlines", "50 % of {x}"])
def test_text_is_printed_as_it_is(capsys, message):
    with Terminal() as watcher:
        watcher.note(message)
        watcher.warn(message)
        watcher.stage(message)
        watcher.error(message)
        watcher.result({}, message)
    out, err = capsys.readouterr()
    assert out == f"{message}\n"
    assert err.startswith(f"{message}\nwarning: {message}\nerror: {message}\n{message}")


def test_an_error_is_on_standard_error_alone(capsys):
    with Terminal() as watcher:
        watcher.error("no such file")
    assert capsys.readouterr() == ("", "error: no such file\n")


def events(capsys):
    out, err = capsys.readouterr()
    assert err == ""
    return [json.loads(line) for line in out.splitlines()]


def test_a_machine_reads_an_object_a_line_and_the_result_last(capsys):
    run(JsonLines())
    given = events(capsys)
    assert given[0] == {"event": "note", "message": "computing on the CPU"}
    assert given[1] == {"event": "stage", "stage": "reading data.csv", "total": None}
    assert {"event": "warning", "message": "data.csv: empty text: 1 row"} in given
    assert {"event": "stage", "stage": "epoch 2 of 2", "total": 3, "epoch": 2, "of": 2} in given
    assert given[-1] == {"event": "result", "version": 1, "loss": 0.5}


def test_the_first_and_the_last_step_of_a_stage_are_always_told(capsys):
    with JsonLines() as watcher:
        watcher.stage("epoch 1 of 1", 1000)
        for step in range(1, 1001):
            watcher.advance(step, loss=1.0)
        watcher.advance(1000, loss=1.0, validation_loss=0.5)
    steps = [event for event in events(capsys) if event["event"] == "progress"]
    assert [steps[0]["done"], steps[-2]["done"], steps[-1]["done"]] == [1, 1000, 1000]
    assert len(steps) < 100
    last = {"event": "progress", "stage": "epoch 1 of 1", "done": 1000, "total": 1000, "loss": 1.0}
    assert steps[-1] == last | {"validation_loss": 0.5}


def test_steps_in_between_are_told_at_intervals(capsys, monkeypatch):
    now = iter([10.0, 10.1, 10.2, 10.3, 10.5, 10.6])
    monkeypatch.setattr("training.console.time.monotonic", lambda: next(now))
    with JsonLines() as watcher:
        watcher.stage("epoch 1 of 1", 1000)
        for step in range(1, 7):
            watcher.advance(step)
    assert [event["done"] for event in events(capsys) if event["event"] == "progress"] == [1, 4, 6]


@pytest.mark.parametrize("message", ["[red]x[/red]", 'quotes "', "two\nlines", "\0", "é😀"])
def test_any_message_is_one_line_of_json(capsys, message):
    with JsonLines() as watcher:
        watcher.error(message)
    assert events(capsys) == [{"event": "error", "message": message}]


def test_while_an_epoch_runs_each_step_says_which(capsys):
    run(JsonLines())
    epochs = [(e["epoch"], e["of"]) for e in events(capsys) if e["event"] == "progress" and "loss" in e]
    assert set(epochs) == {(1, 2), (2, 2)}


def test_an_error_says_what_kind_it_is_and_what_is_wrong_with_a_file(capsys):
    problem = Problem(Kind.MALFORMED, "malformed: 1 row", 1, (3,))
    with JsonLines() as watcher:
        watcher.error("no", InvalidDataError("data.csv", (problem,)))
    assert events(capsys) == [
        {
            "event": "error",
            "message": "no",
            "type": "InvalidDataError",
            "problems": [{"kind": "malformed", "message": "malformed: 1 row", "rows": 1, "first": [3]}],
        }
    ]


def test_what_json_has_no_number_for_is_never_written(capsys):
    with JsonLines() as watcher, pytest.raises(ValueError, match="not JSON compliant"):
        watcher.result({"loss": float("nan")}, "")
    assert capsys.readouterr().out == ""


def test_an_alarm_is_red_on_a_screen_and_plain_in_a_file(monkeypatch, capsys):
    told = "toy version 1 is in models"
    with Terminal() as watcher:
        watcher.result({}, told, "The network loses to the baseline.")
    assert capsys.readouterr().out == f"{told}\nThe network loses to the baseline.\n"
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with Terminal() as watcher:
        watcher.result({}, told, "The network loses to the baseline.")
    assert capsys.readouterr().out == f"{told}\n\x1b[1;31mThe network loses to the baseline.\x1b[0m\n"


def test_for_a_machine_an_alarm_is_in_the_content(capsys):
    with JsonLines() as watcher:
        watcher.result({"beats_baseline": False}, "", "The network loses to the baseline.")
    assert json.loads(capsys.readouterr().out) == {"event": "result", "beats_baseline": False}
