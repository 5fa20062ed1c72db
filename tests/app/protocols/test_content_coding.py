import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BodyTooLargeError, UnsupportedFormatError
from app.protocols.content_coding import unpacked
from app.protocols.errors import MalformedRequestError

BODY = b"the sea was calm " * 20
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "GZIP": gzip.compress,
}


@pytest.mark.parametrize("coding", PACK)
def test_a_compressed_body_is_as_it_was(coding):
    assert unpacked(PACK[coding](BODY), coding, len(BODY)) == BODY


@pytest.mark.parametrize("coding", [None, "", "identity", " Identity "])
def test_a_body_that_is_not_compressed_is_left_alone(coding):
    assert unpacked(BODY, coding, 1) == BODY


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_is_refused_before_it_is_unpacked(coding):
    with pytest.raises(BodyTooLargeError, match=r"unpacks to more than the limit of 1,000 bytes"):
        unpacked(PACK[coding](bytes(5_000_000)), coding, 1000)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "x" * 1000])
def test_another_coding_is_refused_in_words(coding):
    with pytest.raises(UnsupportedFormatError, match=r"is not known; send gzip, deflate") as raised:
        unpacked(BODY, coding, 1000)
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (BODY, "is not gzip"),
        (b"", "ends before its end"),
        (gzip.compress(BODY, mtime=0)[:-1], "ends before its end"),
        (gzip.compress(BODY, mtime=0) + b"x", "goes on after its end"),
        (gzip.compress(BODY, mtime=0)[:-5] + bytes(5), "is not gzip"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_malformed(body, words):
    with pytest.raises(MalformedRequestError, match=words):
        unpacked(body, "gzip", 1000)


@given(st.binary(max_size=300), st.sampled_from(sorted(PACK)))
def test_any_bytes_are_unpacked_or_refused(body, coding):
    try:
        content = unpacked(body, coding, 1000)
    except (MalformedRequestError, BodyTooLargeError):
        return
    assert len(content) <= 1000
