import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.ndjson import LineSplitter

LIMIT = 4


def lines_of(*pieces, limit_bytes=LIMIT):
    splitter = LineSplitter(limit_bytes)
    return [line for piece in pieces for line in splitter.feed(piece)] + splitter.end()


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([], []),
        ([b""], []),
        ([b"a\nb\n"], [b"a", b"b"]),
        ([b"a\nb"], [b"a", b"b"]),
        ([b"a\r\nb\r"], [b"a\r", b"b\r"]),
        ([b"\n\n"], [b"", b""]),
        ([b"a", b"b\nc", b"", b"d\n"], [b"ab", b"cd"]),
        ([b"1234\n12345\n1234"], [b"1234", None, b"1234"]),
        ([b"12", b"34", b"5", b"678\n1\n"], [None, b"1"]),
        ([b"12345"], [None]),
        ([b"12345\n"], [None]),
    ],
)
def test_lines_end_at_newlines_and_those_over_the_limit_are_named_so(pieces, lines):
    assert lines_of(*pieces) == lines


@given(st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b"12345"])).map(b"".join), st.data())
@example(b"a\n", None)
def test_any_chunking_of_the_same_bytes_gives_the_same_lines(content, data):
    cuts = [] if data is None else sorted(data.draw(st.lists(st.integers(0, len(content)))))
    pieces = [content[start:end] for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    whole = content.removesuffix(b"\n").split(b"\n") if content else []
    expected = [line if len(line) <= LIMIT else None for line in whole]
    assert lines_of(*pieces) == expected


def test_a_line_without_end_takes_no_more_memory_than_the_limit():
    splitter = LineSplitter(limit_bytes=100_000)
    piece = b"x" * 10_000
    tracemalloc.start()
    for _ in range(5_000):
        splitter.feed(piece)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 200_000
    assert splitter.feed(b"\nnext\n") == [None, b"next"]
