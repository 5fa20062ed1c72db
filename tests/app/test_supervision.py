"""How soon a process is started again."""

from app.supervision import Backoff


def test_early_deaths_in_a_row_double_the_delay_up_to_the_longest():
    backoff = Backoff()
    assert [backoff.delay_s(1) for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_after_a_long_life_there_is_none():
    backoff = Backoff()
    assert [backoff.delay_s(lived_s) for lived_s in (1, 1, 61, 1)] == [0.5, 1, 0, 0.5]
