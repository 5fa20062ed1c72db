from tests.training.report.figures.drawn import points
from training.curve_points import CurvePoint
from training.report.figures.training_size import loss_by_training_size
from training.report.theme import LIGHT, png


def test_network_and_baseline_are_drawn_by_training_rows(make_full):
    (axes,) = loss_by_training_size(make_full(), LIGHT).axes
    network, baseline = axes.lines
    assert points(network) == [(135, 1.0), (540, 0.75), (1080, 0.7)]
    assert points(baseline) == [(135, 1.05), (540, 0.8), (1080, 0.78)]
    assert [name.get_text() for name in axes.get_xticklabels()] == ["135", "540", "1,080"]


def test_a_network_that_learnt_from_all_rows_alone_is_one_point(make_full):
    curve = (CurvePoint(540, None, None, 0.8, 0.65), CurvePoint(1080, 0.7, 0.8, 0.78, 0.7))
    (axes,) = loss_by_training_size(make_full(learning_curve=curve), LIGHT).axes
    assert points(axes.lines[0]) == [(1080, 0.7)]
    assert len(points(axes.lines[1])) == 2


def test_without_points_there_is_still_a_figure(make_contents):
    assert png(loss_by_training_size(make_contents(), LIGHT))
