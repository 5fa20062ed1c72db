import codecs
import gzip

import pytest

from app.datasets.formats import extension_of, is_gzip


@pytest.mark.parametrize(
    ("content", "extension"),
    [
        (b"text,label\nsea,calm\n", ".csv"),
        (b"", ".csv"),
        (b"\n\n", ".csv"),
        (b'"a, b",label\n', ".csv"),
        (b"text,label\nsea\tside,calm\n", ".csv"),
        (b"text\tlabel\nsea, side\tcalm\n", ".tsv"),
        (b'{"text": "a\\tb"}\n', ".jsonl"),
        (b' \r\n{"text": "a"}', ".jsonl"),
        (b'[{"text": "a"}]', ".jsonl"),
        (b"PAR1\x15\x04", ".parquet"),
        (b"\xff\xfet\0e\0x\0t\0", ".csv"),
        (b"PK\x03\x04", ".csv"),
    ],
)
def test_the_beginning_tells_the_format(content, extension):
    assert extension_of(content) == extension
    if extension != ".parquet":
        assert extension_of(codecs.BOM_UTF8 + content) == extension
        assert extension_of(gzip.compress(content)) == f"{extension}.gz"


def test_a_part_of_a_compressed_file_is_enough():
    rows = b"".join(b'{"text": "%d"}\n' % number for number in range(100_000))
    assert extension_of(gzip.compress(rows)[:1000]) == ".jsonl.gz"
    assert extension_of(gzip.compress(b" " * 10_000_000)) == ".csv.gz"


@pytest.mark.parametrize("damaged", [b"\x1f\x8b", b"\x1f\x8b\x08\x00garbage"])
def test_damaged_gzip_is_left_to_the_check(damaged):
    assert extension_of(damaged) == ".csv.gz"
    assert is_gzip(".csv.gz")
    assert not is_gzip(".csv")
