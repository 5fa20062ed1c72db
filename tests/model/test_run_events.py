"""The lines that the pipeline writes and the service reads."""

import json

import pytest

from model.run_events import Advance, Failure, FileProblem, Message, Result, Stage, line_of, parse

PROBLEM = {"kind": "malformed", "message": "malformed: 1 row", "rows": 1, "first": [3]}


@pytest.mark.parametrize(
    ("content", "event"),
    [
        ({"event": "stage", "stage": "export", "total": None}, Stage(event="stage", stage="export")),
        (
            {"event": "stage", "stage": "epoch 2 of 3", "total": 9, "epoch": 2, "of": 3},
            Stage(event="stage", stage="epoch 2 of 3", total=9, epoch=2, of=3),
        ),
        (
            {"event": "progress", "stage": "epoch 2 of 3", "done": 4, "total": 9, "epoch": 2, "of": 3, "loss": 0.5},
            Advance(event="progress", stage="epoch 2 of 3", done=4, total=9, epoch=2, of=3, loss=0.5),
        ),
        ({"event": "note", "message": "é"}, Message(event="note", message="é")),
        ({"event": "warning", "message": "two\nlines"}, Message(event="warning", message="two\nlines")),
        ({"event": "error", "message": "no"}, Failure(event="error", message="no")),
        (
            {"event": "error", "message": "no", "type": "DataError", "problems": [PROBLEM]},
            Failure(event="error", message="no", type="DataError", problems=(FileProblem.model_validate(PROBLEM),)),
        ),
    ],
)
def test_what_is_written_is_read(content, event):
    line = line_of(**content)
    assert "\n" not in line
    assert line.isascii()
    assert json.loads(line) == content
    assert parse(line) == parse(line.encode()) == event


def test_the_content_of_a_result_is_all_but_its_name():
    event = parse(line_of("result", version=3, comparison={"better": True}))
    assert isinstance(event, Result)
    assert event.content == {"version": 3, "comparison": {"better": True}}


@pytest.mark.parametrize(
    "line",
    [
        "", "\n", "Killed", b"\xff\xfe", "{", "[]", "3", '"note"', "{}", '{"event": "unheard of"}', "[" * 100_000,
        '{"event": "stage"}', '{"event": "stage", "stage": 3}',
        '{"event": "progress", "stage": "x", "done": 1, "loss": NaN}',
    ],
)  # fmt: skip
def test_a_line_of_another_kind_is_none(line):
    assert parse(line) is None


def test_a_field_of_a_newer_version_is_passed_over():
    assert parse('{"event": "note", "message": "a", "colour": "red"}') == Message(event="note", message="a")


def test_half_a_surrogate_pair_does_not_cost_the_message():
    assert parse(line_of("error", message="caf\udce9.csv: no such file")) == Failure(
        event="error", message="caf?.csv: no such file"
    )


@pytest.mark.parametrize("content", [{"loss": float("nan")}, {"loss": float("inf")}])
def test_what_json_has_no_number_for_is_never_written(content):
    with pytest.raises(ValueError, match="not JSON compliant"):
        line_of("result", **content)


def test_a_line_that_nobody_would_read_is_never_written():
    with pytest.raises(ValueError, match="stage"):
        line_of("stage", total=3)
