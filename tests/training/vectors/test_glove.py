import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import VectorsError
from training.vectors.glove import read_first, read_glove


def parse(text: bytes, wanted: str = "the raven house", dimension: int = 2):
    return read_glove(text.splitlines(keepends=True), wanted.split(), dimension, name="glove.txt")


def test_wanted_rows_come_in_the_order_of_the_file(glove_text):
    vectors = parse(glove_text, "house the absent")
    assert vectors.words == ("the", "house")
    assert vectors.rows.dtype == np.float32
    assert vectors.rows.tolist() == [[0.5, -1.0], [-3.0, np.float32("4e-1")]]
    assert vectors.duplicates == 0


def test_nothing_wanted_gives_no_rows(glove_text):
    assert parse(glove_text, "").rows.shape == (0, 2)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3), st.data())
def test_numbers_equal_numpys_own_reading_of_the_text(numbers, data):
    texts = [data.draw(st.sampled_from([repr(n), f"{n:.5g}", f"{n:+.8e}", f"{n:E}"])) for n in numbers]
    with np.errstate(over="ignore"):
        expected = np.array([np.float32(text) for text in texts])
    if np.isfinite(expected).all():
        row = parse(f"the {' '.join(texts)}\n".encode(), "the", 3).rows[0]
        assert row.tobytes() == expected.tobytes()


def test_a_header_of_word2vec_is_skipped():
    assert parse(b"2 2\nthe 1 2\nraven 3 4\n").rows.tolist() == [[1, 2], [3, 4]]


def test_a_header_that_states_another_dimension_is_an_error():
    with pytest.raises(VectorsError, match=r"line 1: the file has 300 dimensions.*--embedding-dim 300"):
        parse(b"400000 300\nthe 1 2\n")


def test_a_byte_order_mark_is_no_part_of_the_first_word():
    assert parse(b"\xef\xbb\xbfthe 1 2\n").words == ("the",)


def test_words_may_hold_spaces_and_digits():
    vectors = read_glove([b". . . 1 2\n", b"at name@domain.com 3 4\n", b"1990 5 6\n"], {". . .", "1990"}, 2)
    assert vectors.words == (". . .", "1990")
    assert vectors.rows.tolist() == [[1, 2], [5, 6]]


def test_trailing_spaces_carriage_returns_and_blank_lines_at_the_end_are_tolerated():
    assert parse(b"the 1 2 \r\nraven 3 4\r\nhouse 5 6\n\n\n").rows.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_of_a_repeated_word_the_first_wins_and_the_others_are_counted():
    vectors = parse(b"the 1 2\nthe 3 4\nraven 5 6\nthe 7 8\nx 0 0\nx 0 0\n")
    assert vectors.rows.tolist() == [[1, 2], [5, 6]]
    assert vectors.duplicates == 2


def test_words_that_are_not_utf8_match_nothing_and_hurt_nothing():
    vectors = read_glove([b"\xff\xfe 1 2\n", "naïve 3 4\n".encode()], {"naïve", "\udcff", chr(0xFFFD)}, 2)
    assert vectors.words == ("naïve",)


@pytest.mark.parametrize("wanted", ["the raven house", "the house"])
@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"raven 1", "1 numbers where 2 are due"),
        (b"raven", "0 numbers where 2 are due"),
        (b"raven 1 2 3", "3 numbers where 2 are due"),
        (b"raven 1 two", "'two' is not a finite number"),
        (b"raven 1 nan", "'nan' is not a finite number"),
        (b"raven inf 1", "'inf' is not a finite number"),
        (b"raven 1_0 2", "'1_0' is not a finite number"),
        (b"raven 0x1 2", "'0x1' is not a finite number"),
        (b"raven 1\t2", "1 numbers where 2 are due"),
        (b"raven  1", "'' is not a finite number"),
        (b"", "numbers where 2 are due"),
    ],
)
def test_a_bad_line_is_an_error_with_its_number_whether_wanted_or_not(line, complaint, wanted):
    with pytest.raises(VectorsError, match=rf"^glove\.txt, line 2: .*({complaint})"):
        parse(b"the 1 2\n" + line + b"\nhouse 3 4\n", wanted)


@pytest.mark.parametrize("number", [b"1e99", b"-1e39", b"1.2.3", b"--1", b"e"])
def test_what_only_looks_like_a_number_is_an_error_where_the_word_is_wanted(number):
    with pytest.raises(VectorsError, match=r"line 2: .* is not a finite number"):
        parse(b"the 1 2\nraven 1 " + number + b"\n")


@pytest.mark.parametrize("dimension", [1, 3, 100])
def test_a_wrong_dimension_says_what_the_file_has_and_the_remedy(glove_text, dimension):
    with pytest.raises(
        VectorsError, match=rf"line 1: the file has 2 dimensions, {dimension} are.*--embedding-dim 2.*FILE\.zip:MEMBER"
    ):
        parse(glove_text, "the", dimension)


@pytest.mark.parametrize("text", [b"<html><body>404</body></html>\n", b"a page of prose is no table of numbers\n"])
def test_text_that_is_not_glove_says_so(text):
    with pytest.raises(VectorsError, match=r"glove\.txt, line 1: this is not GloVe text"):
        parse(text, "the", 100)


@pytest.mark.parametrize("text", [b"", b"\n\n", b"0 2\n"])
def test_a_file_without_vectors_says_so(text):
    with pytest.raises(VectorsError, match=r"glove\.txt holds no vectors"):
        parse(text)


def test_a_long_bad_field_is_shortened_in_the_message():
    with pytest.raises(VectorsError) as caught:
        parse(b"the 1 " + b"x" * 100_000 + b"\n")
    assert len(str(caught.value)) < 300


def test_the_first_words_are_read_and_no_line_behind_them():
    lines = iter([b"the 1 2\n", b"the 9 9\n", b"\xff 3 4\n", b"raven 5 6\n", b"never read\n"])
    vectors = read_first(lines, 2, 2)
    assert vectors.words == ("the", "raven")
    assert vectors.rows.tolist() == [[1, 2], [5, 6]]
    assert vectors.duplicates == 1
    assert list(lines) == [b"never read\n"]
