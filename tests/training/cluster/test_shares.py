"""Shares of a batch: each row once, in order, and never a worker without any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.cluster.shares import Place


@given(st.integers(1, 40), st.integers(1, 9))
def test_workers_have_each_row_once_and_in_order(count, workers):
    rows = np.arange(count) * 3
    shares = [Place(rank, workers).share(rows) for rank in range(workers)]
    assert np.array_equal(np.concatenate([part[weights > 0] for part, weights in shares]), rows)
    assert sum(weights.sum() for _, weights in shares) == count
    sizes = [int(weights.sum()) for _, weights in shares]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize(("rank", "part", "weights"), [(0, [7], [1.0]), (1, [9], [1.0]), (2, [7], [0.0])])
def test_one_without_a_row_has_the_first_with_no_weight(rank, part, weights):
    share, of_share = Place(rank, 3).share(np.array([7, 9]))
    assert (share.tolist(), of_share.tolist()) == (part, weights)
    assert of_share.dtype == np.float32
