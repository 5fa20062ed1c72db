from pathlib import Path

import pytest

from app.bulk.errors import InputError, OutputError
from app.bulk.formats import input_format, output_format


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", ".csv"),
        ("a.b.CSV", ".csv"),
        ("a.tsv", ".tsv"),
        ("a.jsonl", ".jsonl"),
        ("a.ndjson", ".jsonl"),
        ("a.parquet", ".parquet"),
    ],
)
def test_the_end_of_a_name_tells_the_format(name, kind):
    assert input_format(Path(name)) == kind
    assert output_format(Path(name)) == kind


@pytest.mark.parametrize(("name", "kind"), [("a.csv.gz", ".csv"), ("a.jsonl.GZ", ".jsonl")])
def test_an_input_may_be_compressed_and_an_output_not(name, kind):
    assert input_format(Path(name)) == kind
    with pytest.raises(OutputError, match="Compress it afterwards"):
        output_format(Path(name))


@pytest.mark.parametrize("name", ["a", "a.txt", "a.json", "csv", "a.parquet.gz", "a.gz"])
def test_other_names_are_refused_with_those_there_are(name):
    with pytest.raises(InputError, match=r"ends in \.csv, \.tsv, \.jsonl, \.ndjson and \.parquet"):
        input_format(Path(name))
    with pytest.raises(OutputError, match=r"ends in \.csv, \.tsv"):
        output_format(Path(name))
