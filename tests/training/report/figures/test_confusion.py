import pytest

from tests.training.report.figures.drawn import shares
from training.report.figures.confusion import confusion_matrix
from training.report.theme import LIGHT, png


def test_every_cell_has_its_count_and_the_shade_of_its_share(make_contents):
    contents = make_contents(labels=("a", "b"), right=0.5, rows=8)
    axes = confusion_matrix(contents, LIGHT).axes[0]
    assert contents.evaluation.confusion == ((2, 2), (2, 2))
    assert {text.get_position(): text.get_text() for text in axes.texts} == {
        (column, row): "2" for row in range(2) for column in range(2)
    }
    assert shares(axes) == [[0.5, 0.5], [0.5, 0.5]]


def test_rows_are_true_classes(make_contents):
    axes = confusion_matrix(make_contents(labels=("a", "b"), right=0.25, rows=4), LIGHT).axes[0]
    assert shares(axes) == [[0.5, 0.5], [1, 0]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")


def test_many_classes_are_shaded_without_counts(make_contents):
    labels = tuple(f"class {number}" for number in range(50))
    axes = confusion_matrix(make_contents(labels=labels), LIGHT).axes[0]
    assert not axes.texts
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list(labels)


@pytest.mark.parametrize("label", ["$x^$", "$", "感情", "a\x00b", "x" * 300, "\ud83d"])
def test_any_label_can_be_drawn(make_contents, label):
    assert png(confusion_matrix(make_contents(labels=("plain", label)), LIGHT))


def test_a_class_without_rows_has_no_share(make_contents):
    contents = make_contents(labels=("a", "b", "c"), right=1.0, rows=2)
    assert shares(confusion_matrix(contents, LIGHT).axes[0])[2] == [0, 0, 0]
