import gzip
import itertools

import pytest

from app.bulk import lines
from app.bulk.errors import InputError
from app.bulk.lines import LineSource


def write(path, content):
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.fixture(params=["a.csv", "a.csv.gz"])
def path(request, tmp_path):
    return tmp_path / request.param


def test_lines_come_with_their_ends_and_without_the_byte_order_mark(path):
    write(path, "\ufeffid\r\n1\nlast".encode())
    with LineSource(path) as source:
        assert list(source) == [b"id\r\n", b"1\n", b"last"]


def test_any_place_can_be_come_back_to(path):
    write(path, "\ufeffid\none\n\nthree\nfour".encode())
    with LineSource(path) as source:
        everything = list(source)
    for count in range(1, 6):
        with LineSource(path) as source:
            list(itertools.islice(source, count))
            place = source.position
        with LineSource(path, place) as source:
            assert list(source) == everything[count:]
        assert place["line"] == count


def test_lines_that_were_pushed_back_come_again_at_the_same_place(path):
    write(path, b"one\ntwo\nthree\nfour\n")
    with LineSource(path) as source:
        next(source)
        first = source.position
        taken = [next(source), next(source)]
        then = source.position
        source.push_back(taken)
        assert source.position == first
        assert [next(source), next(source)] == taken
        assert source.position == then
        assert list(source) == [b"four\n"]


def test_of_a_line_beyond_the_limit_the_beginning_is_given_and_the_rest_passed_over(path, monkeypatch):
    monkeypatch.setattr(lines, "LINE_LIMIT_BYTES", 10)
    write(path, b"short\n" + b"x" * 35 + b"\nnext\n")
    with LineSource(path) as source:
        assert next(source) == b"short\n"
        place = source.position
        long = next(source)
        assert long == b"x" * 11
        after = source.position
        source.push_back([long])
        assert source.position == place
        assert next(source) == long
        assert source.position == after == {"line": 2, "offset": 42}
        assert next(source) == b"next\n"
    with LineSource(path, after) as source:
        assert list(source) == [b"next\n"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id\n".encode("utf-16"), "UTF-16. Convert it: iconv"),
        (gzip.compress(b"id\n", mtime=0), "gzip. Add .gz to its name"),
        (b"PK\x03\x04...", "zip archive or an Excel workbook"),
        (b"PAR1...", "is Parquet. Name it .parquet"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_a_remedy(tmp_path, content, said):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with LineSource(path) as source, pytest.raises(InputError, match=said):
        next(source)


@pytest.mark.parametrize("content", [gzip.compress(b"id\n" * 1000, mtime=0)[:-12], b"id\n1\n"])
def test_damaged_gzip_is_said_to_be(tmp_path, content):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(content)
    with LineSource(path) as source, pytest.raises(InputError, match="damaged or truncated gzip"):
        list(source)


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        LineSource(tmp_path / "a.csv")
