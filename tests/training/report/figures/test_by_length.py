from tests.training.report.figures.drawn import points
from training.report.figures.by_length import loss_by_length
from training.report.theme import LIGHT, png


def test_network_and_baseline_are_drawn_by_bins_of_length(make_full):
    (axes,) = loss_by_length(make_full(), LIGHT).axes
    network, baseline = axes.lines
    assert points(network) == [(0, 0.7), (1, 0.5), (2, 0.3)]
    assert points(baseline) == [(0, 0.8), (1, 0.6), (2, 0.45)]
    assert [name.get_text() for name in axes.get_xticklabels()] == ["1–9", "10", "11–1,200"]


def test_without_bins_there_is_still_a_figure(make_contents):
    assert png(loss_by_length(make_contents(), LIGHT))
