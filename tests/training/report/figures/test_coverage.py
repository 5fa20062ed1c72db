import pytest

from tests.training.report.conftest import FoundWords
from tests.training.report.figures.drawn import bars
from training.report.figures.coverage import coverage_bars
from training.report.theme import LIGHT, png


def test_shares_and_misses_are_drawn(make_contents):
    shares, misses = coverage_bars(make_contents(), LIGHT).axes
    assert [text.get_text() for text in shares.texts] == ["90.0%", "95.0%"]
    assert [bar.get_height() for bar in bars(shares)] == [1, 1, 0.9, 0.95]
    assert [bar.get_width() for bar in bars(misses)] == [4, 1]
    assert [tick.get_text() for tick in misses.get_yticklabels()] == ["zann", "obed"]


@pytest.mark.parametrize("found", [None, FoundWords(top_misses=()), FoundWords(0, 0, 0, 0), FoundWords(20, 20)])
def test_no_vectors_no_misses_and_no_words_can_be_drawn(make_contents, found):
    assert png(coverage_bars(make_contents(coverage=found), LIGHT))


def test_at_most_twelve_misses_are_drawn(make_contents):
    misses = tuple((f"word{number}", 100 - number) for number in range(40))
    _, drawn = coverage_bars(make_contents(coverage=FoundWords(top_misses=misses)), LIGHT).axes
    assert len(bars(drawn)) == 12
