import numpy as np

from training.mistakes import LINES_A_CELL, Confused, Mistake, confident_mistakes, confused_pairs

LABELS = ("a", "b", "c")


def test_mistakes_come_by_confidence_and_then_by_line():
    probabilities = np.array(
        [[0.5, 0.25, 0.25], [0.75, 0.25, 0.0], [0.0, 0.25, 0.75], [0.25, 0.75, 0.0], [0.875, 0.125, 0.0]]
    )
    targets = np.array([0, 1, 1, 2, 1], np.int32)
    assert confident_mistakes(probabilities, targets, LABELS, np.array([2, 9, 5, 7, 30])) == (
        Mistake(30, "b", "a", 0.875),
        Mistake(5, "b", "c", 0.75),
        Mistake(7, "c", "b", 0.75),
        Mistake(9, "b", "a", 0.75),
    )


def test_a_network_without_mistakes_has_none():
    assert confident_mistakes(np.eye(3), np.arange(3, dtype=np.int32), LABELS, np.arange(3)) == ()


def test_pairs_come_by_frequency_with_their_surest_lines():
    mistakes = [Mistake(8, "a", "c", 0.9), Mistake(4, "b", "a", 0.8), Mistake(6, "b", "a", 0.7)]
    assert confused_pairs(mistakes, {"a": 10, "b": 4}) == (
        Confused("b", "a", 2, 0.5, (4, 6)),
        Confused("a", "c", 1, 0.1, (8,)),
    )


def test_of_many_lines_a_pair_names_the_first():
    (pair,) = confused_pairs([Mistake(line, "a", "b", 0.5) for line in range(40)], {"a": 80})
    assert pair.rows == 40
    assert pair.lines == tuple(range(LINES_A_CELL))
