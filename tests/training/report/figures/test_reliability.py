import pytest

from tests.training.report.figures.drawn import bars, points
from training.calibration import Reliability
from training.report.figures.reliability import reliability_diagram
from training.report.theme import LIGHT


def test_filled_bins_show_accuracy_and_the_gap_to_confidence(make_contents):
    measured = Reliability(confidence=(0.0, 0.75), accuracy=(0.0, 0.5), count=(0, 8))
    upper, lower = reliability_diagram(make_contents(reliability=measured), LIGHT).axes
    accuracy, gap = bars(upper)
    assert (accuracy.get_y(), accuracy.get_height()) == (0, 0.5)
    assert (gap.get_y(), gap.get_height()) == (0.5, 0.25)
    assert accuracy.get_x() + accuracy.get_width() / 2 == pytest.approx(0.75)
    assert [bar.get_height() for bar in bars(lower)] == [0, 8]


def test_the_error_is_in_the_title(make_contents):
    measured = Reliability(confidence=(0.0, 0.75), accuracy=(0.0, 0.5), count=(0, 8))
    upper, _ = reliability_diagram(make_contents(reliability=measured), LIGHT).axes
    assert upper.get_title(loc="left") == "expected calibration error 0.250"


def test_a_temperature_adds_what_would_be_without_it(make_full):
    contents = make_full()
    upper, _ = reliability_diagram(contents, LIGHT).axes
    _, before = upper.lines
    measured = contents.calibration.before
    (expected,) = [pair for pair in zip(measured.confidence, measured.accuracy, strict=True) if any(pair)]
    assert points(before) == [expected]
    assert upper.get_title(loc="left").endswith(f"; {measured.expected_calibration_error:.3f} uncorrected")
