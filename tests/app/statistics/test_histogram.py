import pytest

from app.statistics.histogram import Histogram, HistogramTotals, added, cells_for

BOUNDS = (0.25, 0.5, 1.0)


def cells():
    return memoryview(bytearray(8 * cells_for(BOUNDS))).cast("d")


@pytest.mark.parametrize(("value", "bucket"), [(0.0, 0), (0.25, 0), (0.26, 1), (0.5, 1), (1.0, 2), (1.01, 3), (1e9, 3)])
def test_a_value_counts_up_to_the_first_bound_that_it_does_not_pass(value, bucket):
    memory = cells()
    Histogram(memory, BOUNDS).observe(value)
    assert memory.tolist() == [float(index == bucket) for index in range(4)] + [value]


def test_histograms_are_added_bucket_by_bucket():
    first, second = cells(), cells()
    for memory, values in ((first, (0.25, 2.0)), (second, (0.125, 0.5, 4.0))):
        for value in values:
            Histogram(memory, BOUNDS).observe(value)
    assert added([first.tolist(), second.tolist()]) == HistogramTotals((2, 1, 0, 2), 6.875)
