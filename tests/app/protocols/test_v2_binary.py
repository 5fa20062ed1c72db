"""The binary form: what is written is read back, and whatever else comes is an error in words, never another."""

import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.protocols import v2_binary
from app.protocols.errors import MalformedRequestError

STRINGS = st.lists(st.text(), max_size=20)


def element(content):
    return struct.pack("<I", len(content)) + content


def refusal(data, count):
    with pytest.raises(MalformedRequestError) as raised:
        v2_binary.texts(data, count, "text")
    return str(raised.value)


@given(STRINGS)
def test_texts_come_back_as_they_were_written(strings):
    assert v2_binary.texts(v2_binary.of_texts(strings), len(strings), "text") == strings


@given(STRINGS.filter(bool), st.data())
def test_a_tensor_that_is_cut_anywhere_is_refused(strings, data):
    whole = v2_binary.of_texts(strings)
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert refusal(whole[:cut], len(strings)).startswith("text")


@given(st.binary(max_size=200), st.integers(0, 40))
@example(b"\xff\xff\xff\xff", 1)
@example(b"\x00\x00\x00", 1)
def test_any_bytes_are_texts_or_refused(data, count):
    try:
        texts = v2_binary.texts(data, count, "text")
    except MalformedRequestError:
        return
    assert v2_binary.of_texts(texts) == data
    assert len(texts) == count


@given(st.binary(max_size=100), st.none() | st.text(max_size=25) | st.integers(-5, 10**25).map(str))
def test_any_header_splits_a_body_or_is_refused(body, header):
    try:
        json, tail = v2_binary.split(body, header)
    except MalformedRequestError:
        return
    assert json + tail == body
    assert len(json) == (len(body) if header is None else int(header))


@pytest.mark.parametrize("header", ["-1", "+1", " 1", "1.0", "", "0x1", "١", "1_0", "9" * 19, "1, 1", "5"])
def test_a_header_that_is_no_length_of_the_body_is_refused(header):
    with pytest.raises(MalformedRequestError, match=v2_binary.HEADER):
        v2_binary.split(b"four", header)


@pytest.mark.parametrize(
    ("data", "count", "words"),
    [
        (element(b"one"), 2, "text has 1 elements, and its shape says 2."),
        (element(b"one") * 3, 2, "text has more elements than the 2 that its shape says."),
        (element(b"one") + b"\x01\x00", 2, "text[1] has no length: 2 bytes are left, of 4."),
        (
            struct.pack("<I", 2**32 - 1) + b"one",
            1,
            "text[0] has a length of 4,294,967,295 bytes, and 3 bytes are left.",
        ),
        (struct.pack(">I", 3) + b"one", 1, "text[0] has a length of 50,331,648 bytes, and 3 bytes are left."),
        (element(b"one") + element(b"o\xff"), 2, "text[1] is not UTF-8: invalid start byte at byte 1."),
        (element(b"\xed\xa0\x80"), 1, "text[0] is not UTF-8: invalid continuation byte at byte 0."),
        (b"", 1, "text has 0 elements, and its shape says 1."),
    ],
)
def test_what_is_wrong_is_said_with_its_place(data, count, words):
    assert refusal(data, count) == words


def test_of_more_elements_than_the_shape_says_no_more_are_read():
    assert "more elements" in refusal(bytes(4) * 1_000_000, 1)


def test_floats_are_written_as_little_endian_rows():
    values = np.array([[0.25, 0.75], [1.0, 0.0]], dtype=">f4")
    assert v2_binary.of_floats(values) == struct.pack("<4f", 0.25, 0.75, 1.0, 0.0)
    assert v2_binary.of_floats(np.asfortranarray(values)) == struct.pack("<4f", 0.25, 0.75, 1.0, 0.0)
