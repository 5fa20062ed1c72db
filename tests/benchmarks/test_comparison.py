from math import inf

import pytest

from benchmarks.peers.comparison import Turn, summary
from benchmarks.wrk import Load


def turn(block, number, server, requests_a_second, p99_ms=10.0, refused=0):
    return Turn(block, number, server, 64, Load(requests_a_second, 5.0, p99_ms, refused, 0))


TURNS = [
    turn("alone", 0, "do-nothing", 100.0),
    turn("alone", 0, "tercet", 80.0, p99_ms=20.0),
    turn("alone", 1, "do-nothing", 200.0, p99_ms=40.0),
    turn("alone", 1, "tercet", 180.0, p99_ms=20.0),
    turn("slow", 0, "do-nothing", 50.0),
    turn("slow", 0, "slow", 10.0, refused=2),
    turn("slow", 0, "tercet", 40.0),
]


def test_a_ratio_is_the_median_of_the_ratios_within_rounds():
    figures = summary(TURNS, "tercet")["64"]
    assert figures["ratio"] == pytest.approx((80 / 100 + 180 / 200) / 2)
    assert figures["p99_ratio"] == pytest.approx((20 / 10 + 20 / 40) / 2)
    assert figures["requests_a_second"] == 130.0
    assert figures["behind_tercet"] == 1.0


def test_a_peer_is_compared_within_its_own_block():
    figures = summary(TURNS, "slow")["64"]
    assert figures["ratio"] == pytest.approx(10 / 50)
    assert figures["behind_tercet"] == pytest.approx(40 / 10)
    assert figures["refused"] == 2


def test_rounds_without_an_answer_are_left_out_of_the_ratios():
    silent = [turn("mute", n, "mute", speed, p99_ms=p99) for n, (speed, p99) in enumerate([(0.0, inf), (5.0, 30.0)])]
    others = [turn("mute", n, name, 100.0) for n in (0, 1) for name in ("do-nothing", "tercet")]
    figures = summary(silent + others, "mute")["64"]
    assert (figures["behind_tercet"], figures["p99_ratio"]) == (20.0, 3.0)
    assert summary(silent[:1] + others[:2], "mute")["64"]["behind_tercet"] is None


def test_a_peer_that_was_never_measured_has_no_figures():
    assert summary(TURNS, "absent") == {}
