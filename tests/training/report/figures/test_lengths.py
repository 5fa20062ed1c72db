import numpy as np
import pytest

from tests.training.report.figures.drawn import bars, points
from training.report.figures.lengths import length_histogram
from training.report.theme import LIGHT, png


def filled(axes):
    """(left edge, texts, colour) of each bin that holds a text."""
    return [(bar.get_x(), bar.get_height(), bar.get_facecolor()) for bar in bars(axes) if bar.get_height()]


@pytest.mark.parametrize("limit", [1, 7, 50, 333])
def test_no_bar_holds_both_seen_and_truncated_texts(make_contents, limit):
    measured = np.arange(2 * limit + 2)
    axes = length_histogram(make_contents(token_lengths=measured, sequence_length=limit), LIGHT).axes[0]
    seen = sum(height for left, height, _ in filled(axes) if left < limit + 0.5)
    assert seen == limit + 1
    assert len({colour for left, _, colour in filled(axes) if left < limit + 0.5}) == 1
    assert len({colour for _, _, colour in filled(axes)}) == 2


def test_the_line_and_the_title_tell_the_truncation(make_contents):
    axes = length_histogram(make_contents(token_lengths=np.array([10, 50, 51, 60])), LIGHT).axes[0]
    assert [x for x, _ in points(axes.lines[0])] == [50.5, 50.5]
    assert axes.get_title(loc="left") == "50.0% of the training texts are longer than 50 tokens"


def test_one_very_long_text_is_counted_but_not_drawn(make_contents):
    measured = np.append(np.full(999, 20), 100_000)
    axes = length_histogram(make_contents(token_lengths=measured), LIGHT).axes[0]
    assert axes.get_xlim()[1] < 100
    assert axes.get_xlabel() == "tokens (1 longer texts not shown)"
    assert sum(height for _, height, _ in filled(axes)) == 999


@pytest.mark.parametrize("measured", [[], [0, 0], [50]])
def test_few_and_empty_texts_can_be_drawn(make_contents, measured):
    assert png(length_histogram(make_contents(token_lengths=np.array(measured, int)), LIGHT))
