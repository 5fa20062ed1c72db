import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from training.data import parquet_rows as module
from training.data.columns import Columns
from training.data.parquet_rows import parquet_rows
from training.data.problems import InvalidDataError, Kind, ProblemLog
from training.data.rows import RawRow


def save(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def read(path):
    log = ProblemLog(path.name)
    return list(parquet_rows(path, Columns(), log)), log


def refused(path):
    with pytest.raises(InvalidDataError) as caught:
        read(path)
    return caught.value


def test_rows_are_numbered_from_one_across_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BATCH_ROWS", 2)
    path = save(tmp_path / "a.parquet", id=[1, 2, 3], text=["a", None, "c"], label=["x", "y", None])
    rows, log = read(path)
    assert rows == [RawRow(1, "a", "x"), RawRow(2, None, "y"), RawRow(3, "c", None)]
    assert log.unit == "row"


def test_categories_large_strings_and_numbers_are_read(tmp_path):
    text = pa.array(["a", "b"], pa.large_string())
    path = save(tmp_path / "a.parquet", text=text, label=pa.array(["x", "y"]).dictionary_encode())
    assert read(path)[0] == [RawRow(1, "a", "x"), RawRow(2, "b", "y")]
    assert read(save(tmp_path / "b.parquet", text=["a"], label=[1.5]))[0] == [RawRow(1, "a", 1.5)]


def test_a_missing_column_is_named_beside_the_columns_there_are(tmp_path):
    assert "the file has the columns 'id', 'text'" in str(refused(save(tmp_path / "a.parquet", id=[1], text=["a"])))


@pytest.mark.parametrize("end", [0, 3, 100, -8, -1])
def test_a_truncated_file_is_refused(tmp_path, end):
    path = save(tmp_path / "a.parquet", text=["a"] * 100, label=["x"] * 100)
    path.write_bytes(path.read_bytes()[:end])
    error = refused(path)
    assert [problem.kind for problem in error.problems] == [Kind.UNREADABLE]
    assert "not a Parquet file, or a damaged one" in str(error)


def test_a_damaged_page_is_refused(tmp_path):
    path = save(tmp_path / "a.parquet", text=[f"text {row}" for row in range(1000)], label=["x"] * 1000)
    content = bytearray(path.read_bytes())
    content[4:200] = bytes(196)
    path.write_bytes(bytes(content))
    assert refused(path).problems[0].kind == Kind.UNREADABLE


def test_a_string_that_is_not_utf_8_is_refused(tmp_path):
    wrong = pa.Array.from_buffers(pa.string(), 1, pa.array([b"caf\xe9"]).buffers())
    error = refused(save(tmp_path / "a.parquet", text=wrong, label=["x"]))
    assert [problem.kind for problem in error.problems] == [Kind.WRONG_ENCODING]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pa.array([1], pa.timestamp("ns")), "timestamp[ns]"),
        (pa.array([["x"]]), "list<"),
        (pa.array([b"x"]), "binary"),
    ],
)
def test_a_column_of_another_type_is_refused(tmp_path, values, kind):
    error = refused(save(tmp_path / "a.parquet", text=["a"], label=values))
    assert [problem.kind for problem in error.problems] == [Kind.WRONG_TYPE]
    assert f"the column 'label' is of type {kind}" in str(error)


def test_a_column_with_nothing_in_it_is_read_as_missing_values(tmp_path):
    assert read(save(tmp_path / "a.parquet", text=["a"], label=pa.nulls(1)))[0] == [RawRow(1, "a", None)]
