from tests.training.report.figures.drawn import points
from training.history import EpochRecord, History
from training.report.figures.curves import learning_curves
from training.report.theme import LIGHT, png


def test_each_panel_has_training_validation_baseline_and_the_kept_epoch(make_contents):
    contents = make_contents()
    loss, accuracy = learning_curves(contents, LIGHT).axes
    training, validation, baseline, kept = loss.lines
    assert points(training) == [(1, 0.9), (2, 0.6), (3, 0.5)]
    assert points(validation) == [(1, 0.8), (2, 0.7), (3, 0.75)]
    assert [y for _, y in points(baseline)] == [contents.baseline.log_loss] * 2
    assert [x for x, _ in points(kept)] == [2, 2]
    assert points(accuracy.lines[0]) == [(1, 0.5), (2, 0.6), (3, 0.7)]
    assert [y for _, y in points(accuracy.lines[2])] == [contents.baseline.accuracy] * 2


def test_one_epoch_is_seen_as_points(make_contents):
    history = History((EpochRecord(1, 0.9, 0.5, 0.8, 0.5, 1.0),))
    figure = learning_curves(make_contents(history=history), LIGHT)
    assert [line.get_marker() for line in figure.axes[0].lines[:2]] == ["o", "s"]
    assert png(figure)


def test_no_epoch_leaves_the_baseline_alone(make_contents):
    axes = learning_curves(make_contents(history=History()), LIGHT).axes[0]
    assert [len(points(line)) for line in axes.lines] == [0, 0, 2]
