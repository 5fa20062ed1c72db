import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.columns import Columns
from training.data.problems import InvalidDataError, Kind, ProblemLog
from training.data.reading import EXTENSIONS, read_rows
from training.data.rows import Row
from training.errors import DataError

CSV = "text,label\nhello,x\nbye,y\n"
JSON = '{"text": "hello", "label": "x"}\n{"text": "bye", "label": "y"}\n'


def read(path, columns=None):
    return list(read_rows(path, ProblemLog(path.name), columns))


@pytest.mark.parametrize("name", [name for name in EXTENSIONS if "parquet" not in name] + [".CSV", ".JsonL.GZ"])
def test_the_name_tells_the_format(write, name):
    content = JSON if "json" in name.lower() else CSV.replace(",", "\t") if "tsv" in name else CSV
    packed = gzip.compress(content.encode()) if name.lower().endswith(".gz") else content
    assert [row[1:] for row in read(write(f"some.data{name}", packed))] == [("hello", "x"), ("bye", "y")]


def test_parquet_is_read_too(tmp_path):
    pq.write_table(pa.table({"text": ["hello", "bye"], "label": ["x", "y"]}), tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet") == [Row(1, "hello", "x"), Row(2, "bye", "y")]


def test_columns_may_be_named(write):
    path = write("a.csv", "text,label,body,mood\n1,2,hello,x\n")
    assert read(path, Columns(text="body", label="mood")) == [Row(2, "hello", "x")]


@pytest.mark.parametrize("name", ["a.txt", "a", "a.parquet.gz", "a.gz", "a.csv.bak", "a.csv.zip"])
def test_an_unknown_extension_lists_the_known_ones(write, name):
    with pytest.raises(DataError, match=r"only \.csv, \.tsv, \.jsonl, \.ndjson, \.parquet, \.csv\.gz"):
        read(write(name, CSV))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"there is no such file: .*nowhere\.csv"):
        read(tmp_path / "nowhere.csv")


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize("content", ["text,label\n", "text,label", "text,label\n\n\n"])
def test_a_header_without_rows_is_refused(write, content):
    with pytest.raises(DataError, match="the file has a header but no rows"):
        read(write("a.csv", content))


def test_a_file_with_nothing_but_ragged_rows_is_not_called_empty(write):
    with pytest.raises(InvalidDataError) as caught:
        read(write("a.csv", "text,label\nhello\n"))
    assert [problem.kind for problem in caught.value.problems] == [Kind.RAGGED_ROW]


def test_rows_are_read_as_they_are_asked_for(write):
    rows = read_rows(write("a.csv", 'text,label\nhello,x\n"never closed,y\n'), ProblemLog("a.csv"))
    assert next(rows) == Row(2, "hello", "x")
    with pytest.raises(DataError, match="never closed"):
        next(rows)


def outcome(path):
    """The rows, or the message of the refusal; anything else would be a defect and is raised."""
    try:
        return read(path), f"{path.name}: "
    except DataError as error:
        return [], str(error)


@given(content=st.binary(max_size=200), extension=st.sampled_from(EXTENSIONS), packed=st.booleans())
def test_arbitrary_bytes_give_rows_or_a_data_error(tmp_path_factory, content, extension, packed):
    path = tmp_path_factory.mktemp("any") / f"a{extension}"
    path.write_bytes(gzip.compress(content) if packed and extension.endswith(".gz") else content)
    rows, message = outcome(path)
    assert all(row.text.strip() and row.label for row in rows)
    assert message.startswith(f"{path.name}: ")


PIECES = ['"', ",", "\n", "\r", "a", "\ufeff", "é", "{", "}", '"text":', "\\ud800", "\0", " "]


@given(st.lists(st.sampled_from(PIECES), max_size=30), st.sampled_from(["text,label\n", JSON]))
def test_arbitrary_lines_below_good_ones_give_rows_or_a_data_error(tmp_path_factory, pieces, good):
    path = tmp_path_factory.mktemp("any") / ("a.jsonl" if good == JSON else "a.csv")
    path.write_bytes((good + "".join(pieces)).encode())
    rows, message = outcome(path)
    assert all(row.text.strip() and row.label for row in rows)
    assert message.startswith(f"{path.name}: ")
