import gzip
import io

import pytest

from training.data import lines
from training.data.lines import decoded_lines
from training.data.problems import InvalidDataError, Kind, ProblemLog


def read(path):
    log = ProblemLog(path.name)
    return list(decoded_lines(path, log)), log


def refused(path):
    with pytest.raises(InvalidDataError) as caught:
        read(path)
    return caught.value


def test_lines_keep_their_endings_and_lose_the_byte_order_mark(write):
    content, log = read(write("a.csv", b"\xef\xbb\xbfone\r\ntwo\xe2\x80\xa8still two\nthree"))
    assert content == ["one\r\n", "two\u2028still two\n", "three"]
    assert log.problems() == ()


def test_gzip_is_told_by_the_name(write):
    assert read(write("a.csv.GZ", gzip.compress("één\ntwee\n".encode())))[0] == ["één\n", "twee\n"]


def test_wrong_bytes_are_named_with_value_offset_and_line_and_counted(write):
    content, log = read(write("a.csv", b"plain\ncaf\xe9\nfine\nna\xefve\n"))
    (problem,) = log.problems()
    assert (problem.kind, problem.rows, problem.first) == (Kind.WRONG_ENCODING, 2, (2, 4))
    assert "line 2: byte 0xE9 at offset 9; line 4: byte 0xEF at offset 18" in problem.message
    assert "iconv -f WINDOWS-1252 -t UTF-8" in problem.message
    assert content == ["plain\n", "caf\ufffd\n", "fine\n", "na\ufffdve\n"]


def test_the_offset_counts_the_byte_order_mark(write):
    _, log = read(write("a.csv", b"\xef\xbb\xbfa\xff\n"))
    assert "line 1: byte 0xFF at offset 4" in log.problems()[0].message


def test_nul_bytes_are_named_with_offset_and_line(write):
    content, log = read(write("a.csv", b"plain\na\0b\0\n"))
    (problem,) = log.problems()
    assert (problem.kind, problem.rows, problem.first) == (Kind.NUL_BYTE, 1, (2,))
    assert "line 2: offset 7" in problem.message
    assert content == ["plain\n", "ab\n"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("text,label\n".encode("utf-16"), "is UTF-16. Convert it: iconv"),
        (b"\xfe\xff" + "text,label\n".encode("utf-16-be"), "is UTF-16. Convert it: iconv"),
        (gzip.compress(b"text,label\n", mtime=0), "is compressed by gzip. Add .gz"),
        (b"PK\x03\x04rest", "an Excel workbook"),
        (b"PAR1rest", "is Parquet"),
    ],
)
def test_a_file_of_another_kind_under_a_text_name_is_recognised(write, content, what):
    assert what in str(refused(write("a.csv", content)))


@pytest.mark.parametrize("end", [5, 15, -9, -1])
def test_a_truncated_gzip_is_refused(write, end):
    packed = gzip.compress(b"text,label\n" * 100)
    error = refused(write("a.csv.gz", packed[:end]))
    assert error.problems[0].kind == Kind.UNREADABLE
    assert "damaged or truncated gzip" in str(error)


def test_a_gzip_with_a_flipped_byte_is_refused(write):
    packed = bytearray(gzip.compress(b"".join(b"row %d\n" % row for row in range(1000))))
    packed[len(packed) // 2] ^= 0xFF
    assert "damaged or truncated gzip" in str(refused(write("a.csv.gz", bytes(packed))))


def test_plain_text_under_a_gzip_name_is_refused(write):
    assert "Not a gzipped file" in str(refused(write("a.csv.gz", "text,label\n")))


def test_a_line_without_end_is_refused_before_it_fills_the_memory(write, monkeypatch):
    monkeypatch.setattr(lines, "LINE_LIMIT_BYTES", 100)
    assert read(write("a.csv", b"x" * 99 + b"\n"))[0] == ["x" * 99 + "\n"]
    assert "line 2 is longer than 100 bytes" in str(refused(write("a.csv", b"x\n" + b"y" * 101)))


def test_what_the_system_says_about_a_file_is_passed_on(write, monkeypatch):
    class Failing(io.BytesIO):
        def readline(self, *_):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(lines, "open_bytes", lambda _: Failing())
    assert str(refused(write("a.csv", ""))) == "a.csv: cannot be read: Input/output error"
