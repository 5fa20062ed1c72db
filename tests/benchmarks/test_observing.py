import json

import pytest

from benchmarks.documents import MONITORING, filled
from benchmarks.observed_server import KINDS, NOTHING
from benchmarks.observing import batched, summary, table, whole_turns
from benchmarks.results import SERVING


def turn(number, *, nothing_us, other_us, kinds=KINDS):
    """Slices of a core that is busy all the time."""
    return [
        {
            "turn": number,
            "kind": kind,
            "requests": 1e6 / (nothing_us if kind == NOTHING else other_us),
            "cpu_s": 1.0,
            "seconds": 1.0,
        }
        for kind in kinds
    ]


def test_turns_in_which_there_was_no_load_do_not_count():
    idle = [{**each, "requests": 0.0} for each in turn(2, nothing_us=100, other_us=110)]
    slices = turn(0, nothing_us=1, other_us=1, kinds=KINDS[2:])
    for number in (1, 3, 4):
        slices += turn(number, nothing_us=100, other_us=110)
    found = whole_turns([*slices, *idle])
    assert [each[NOTHING]["turn"] for each in found] == [3, 4]


def test_a_ratio_is_taken_within_a_round():
    slices = []
    for number, slowness in enumerate((9, 1, 1, 4, 4, 2, 2, 9)):  # a machine whose speed drifts
        slices += turn(number, nothing_us=100 * slowness, other_us=125 * slowness)
    rounds = [*batched(whole_turns(slices), 2)]
    assert [len(each) for each in rounds] == [2, 2, 2]
    found = summary(rounds, KINDS[1])
    assert found["ratio"] == pytest.approx(0.8)
    assert found["cpu_ratio"] == pytest.approx(1.25)
    assert found["cpu_us"] == pytest.approx(250)
    assert summary(rounds, NOTHING)["ratio"] == 1


def test_a_round_is_whole():
    slices = []
    for number in range(7):
        slices += turn(number, nothing_us=100, other_us=100)
    assert [len(each) for each in batched(whole_turns(slices), 2)] == [2, 2]


def test_the_document_shows_what_was_measured_last():
    text = MONITORING.read_text(encoding="utf-8")
    figures = json.loads(SERVING.read_text(encoding="utf-8"))["observe"]
    assert filled(text, "observe", table(figures)) == text
