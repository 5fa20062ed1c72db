import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras.utils import pad_sequences

from model.padding import pad


def test_zeros_go_before_and_the_beginning_of_a_long_sequence_goes():
    matrix = pad([[1, 2], [], [3, 4, 5, 6]], 3)
    assert matrix.tolist() == [[0, 1, 2], [0, 0, 0], [4, 5, 6]]
    assert matrix.dtype == np.int32


def test_no_sequences_give_no_rows():
    assert pad([], 3).shape == (0, 3)


sides = st.sampled_from(["pre", "post"])


@given(st.lists(st.lists(st.integers(0, 99)), min_size=1), st.integers(1, 6), sides, sides)
def test_it_pads_as_keras_does(sequences, length, padding, truncating):
    expected = pad_sequences(sequences, maxlen=length, padding=padding, truncating=truncating)
    assert np.array_equal(pad(sequences, length, padding=padding, truncating=truncating), expected)


@pytest.mark.parametrize("side", ["pre", "post"])
def test_a_sequence_that_fits_exactly_is_left_alone(side):
    assert pad([[7, 8]], 2, padding=side, truncating=side).tolist() == [[7, 8]]
