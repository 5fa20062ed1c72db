import pytest

from benchmarks.open_loop import Sent
from benchmarks.swapping import Round, _took, summary


def round_of(before_s, loading_s, failed=0):
    return Round(
        before_s=[before_s] * 10,
        loading_s=[loading_s] * 10,
        new_form_s=[2 * loading_s] * 10,
        training_s=[before_s] * 10,
        load_s=[0.25, 0.5],
        new_form_load_s=2.0,
        failed=failed,
    )


def test_ratios_are_within_a_round_and_the_median_over_the_rounds():
    found = summary([round_of(0.001, 0.002), round_of(0.002, 0.006), round_of(0.004, 0.004, failed=1)])
    assert found["before_p99_ms"] == pytest.approx(2)
    assert found["loading"] == {"p99_ms": pytest.approx(4), "ratio": pytest.approx(2)}
    assert found["new form"]["ratio"] == pytest.approx(4)
    assert found["training"]["ratio"] == pytest.approx(1)
    assert (found["load_s"], found["new_form_load_s"], found["failed"]) == (0.375, 2.0, 1)


def test_a_request_counts_to_the_window_in_which_it_was_due():
    sent = [Sent(at, at / 10, 200) for at in (1.0, 2.0, 3.0, 4.0)]
    assert _took(sent, [(1.5, 2.5), (4.0, 5.0)]) == [0.2, 0.4]
