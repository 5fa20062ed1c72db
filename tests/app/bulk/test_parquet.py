import datetime as dt
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.bulk import parquet
from app.bulk.csv_format import CsvWriter
from app.bulk.errors import InputError, MissingExtraError
from app.bulk.json_lines import JsonLinesWriter
from app.bulk.parquet import ParquetReader, ParquetWriter
from app.bulk.rows import Batch, Column, Kind, Prediction, PredictionColumns

ADDED = PredictionColumns(("few", "many"))
GOOD = Prediction("few", [0.75, 0.25], 3)
BAD = Prediction(fault="why")


def read(tmp_path, table, **options):
    pq.write_table(table, tmp_path / "in.parquet", **options)
    return ParquetReader(tmp_path / "in.parquet", "text")


def finish(tmp_path, writer, *encoded):
    (tmp_path / "rows").write_bytes(b"".join(encoded))
    return pq.ParquetFile(writer.finish(tmp_path / "rows"))


def not_utf8():
    raw = pa.array([b"good", b"b\xff", None], pa.binary())
    return pa.Array.from_buffers(pa.string(), 3, raw.buffers())


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), "utf8")])
def test_texts_are_strings_of_any_kind(tmp_path, kind):
    values = ["a", None, "b"]
    column = pa.array(values).dictionary_encode() if pa.types.is_dictionary(kind) else pa.array(values, kind)
    (batch,) = read(tmp_path, pa.table({"text": column})).batches(None)
    assert batch.texts == values
    assert batch.faults == [None] * 3


@pytest.mark.parametrize("encode", [False, True])
def test_a_text_that_is_not_utf8_is_a_bad_row(tmp_path, encode):
    column = not_utf8().dictionary_encode() if encode else not_utf8()
    reader = read(tmp_path, pa.table({"text": column, "id": [1, 2, 3]}))
    (batch,) = reader.batches(None)
    assert batch.texts == ["good", "b\ufffd", None]
    assert batch.faults == [None, "text is not UTF-8", None]
    assert list(batch.values())[1] == ("b\ufffd", 2)


def test_reading_goes_on_from_after_any_batch_of_any_row_group(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "BATCH_ROWS", 3)
    reader = read(tmp_path, pa.table({"text": list(map(str, range(20)))}), row_group_size=7)
    assert reader.size == 20
    batches = list(reader.batches(None))
    assert [len(batch.texts) for batch in batches] == [3, 3, 1, 3, 3, 1, 3, 3]
    done = 0
    for batch in batches:
        done += len(batch.texts)
        assert batch.done == done
        rest = list(reader.batches(batch.position))
        assert [text for later in rest for text in later.texts] == list(map(str, range(done, 20)))
        assert [later.done for later in rest] == [later.done for later in batches if later.done > done]


def test_long_rows_make_small_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "BATCH_BYTES", 10_000)
    table = pa.table({"text": [str(number) * 1000 for number in range(10)]})
    sizes = [len(batch.texts) for batch in read(tmp_path, table, use_dictionary=False).batches(None)]
    assert sum(sizes) == 10
    assert max(sizes) < 10


def test_a_column_of_another_type_is_refused(tmp_path):
    with pytest.raises(InputError, match="the column 'text' is of type int64; texts are strings"):
        read(tmp_path, pa.table({"text": [1]}))


def test_without_the_column_the_error_lists_those_there_are(tmp_path):
    with pytest.raises(InputError, match=r"no column 'text'; it has 'body'\."):
        read(tmp_path, pa.table({"body": ["a"]}))


def test_a_file_that_is_no_parquet_is_refused(tmp_path):
    (tmp_path / "in.parquet").write_bytes(b"id,text\n")
    with pytest.raises(InputError, match=r"in\.parquet is no Parquet file, or a damaged one"):
        ParquetReader(tmp_path / "in.parquet", "text")


def test_damage_inside_is_said_with_its_row_group(tmp_path):
    table = pa.table({"text": [str(number) * 50 for number in range(2000)]})
    reader = read(tmp_path, table, row_group_size=1000, use_dictionary=False)
    content = bytearray((tmp_path / "in.parquet").read_bytes())
    middle = len(content) * 3 // 4
    content[middle : middle + 2000] = bytes(2000)
    (tmp_path / "in.parquet").write_bytes(content)
    with pytest.raises(InputError, match="row group 1 is damaged"):
        list(reader.batches(None))


def test_without_pyarrow_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tercet\[parquet\]'"):
        parquet.pyarrow()


def test_columns_keep_their_types_and_metadata(tmp_path):
    schema = pa.schema(
        [
            pa.field("text", pa.dictionary(pa.int32(), pa.string())),
            pa.field("at", pa.timestamp("ns", tz="UTC"), metadata={"of": "field"}),
            pa.field("tags", pa.list_(pa.string())),
            pa.field("price", pa.decimal128(9, 2)),
        ],
        metadata={"of": "file"},
    )
    arrays = [
        pa.array(["a", "b", "a"]).dictionary_encode(),
        pa.array([1, 2, 3], schema.field("at").type),
        pa.array([["x"], [], None]),
        pa.array([Decimal("1.00"), None, Decimal(3)], schema.field("price").type),
    ]
    reader = read(tmp_path, pa.Table.from_arrays(arrays, schema=schema))
    writer = ParquetWriter(reader.columns, ADDED, schema=reader.schema)
    (batch,) = reader.batches(None)
    file = finish(tmp_path, writer, writer.header(), writer.encode(batch, [GOOD, BAD, GOOD]))
    assert file.schema_arrow.metadata[b"of"] == b"file"
    table = file.read()
    assert table.select(schema.names).equals(pa.Table.from_arrays(arrays, schema=schema), check_metadata=False)
    assert table.schema.field("at").metadata[b"of"] == b"field"
    assert [(field.name, str(field.type)) for field in table.schema][4:] == [
        ("label", "string"),
        ("probability_few", "float"),
        ("probability_many", "float"),
        ("known_words", "int32"),
        ("error", "string"),
    ]
    assert table.select(ADDED.names).to_pylist()[:2] == [
        {"label": "few", "probability_few": 0.75, "probability_many": 0.25, "known_words": 3, "error": None},
        {"label": None, "probability_few": None, "probability_many": None, "known_words": None, "error": "why"},
    ]


def test_values_of_other_formats_get_the_type_of_their_column(tmp_path):
    columns = [
        Column("i", Kind.INTEGER),
        Column("f", Kind.NUMBER),
        Column("b", Kind.BOOLEAN),
        Column("t", Kind.TEXT),
    ]
    values = [(1, 1, True, "a"), (None, 0.5, None, {"a": [True]}), (2, None, False, 7)]
    writer = ParquetWriter(columns, ADDED)
    batch = Batch(["a"] * 3, [None] * 3, lambda: values, None, {}, 3)
    table = finish(tmp_path, writer, writer.encode(batch, [GOOD] * 3)).read()
    assert [str(kind) for kind in table.schema.types[:4]] == ["int64", "double", "bool", "string"]
    assert table["i"].to_pylist() == [1, None, 2]
    assert table["f"].to_pylist() == [1.0, 0.5, None]
    assert table["b"].to_pylist() == [True, None, False]
    assert table["t"].to_pylist() == ["a", '{"a":[true]}', "7"]


def test_batches_are_gathered_into_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "BATCH_ROWS", 10)
    monkeypatch.setattr(parquet, "GROUP_ROWS", 40)
    texts = list(map(str, range(95)))
    reader = read(tmp_path, pa.table({"text": texts}))
    writer = ParquetWriter(reader.columns, ADDED, schema=reader.schema)
    encoded = [writer.encode(batch, [GOOD] * len(batch.texts)) for batch in reader.batches(None)]
    file = finish(tmp_path, writer, *encoded)
    assert [file.metadata.row_group(index).num_rows for index in range(file.num_row_groups)] == [40, 40, 15]
    assert file.read()["text"].to_pylist() == texts


def test_no_rows_make_a_file_with_columns(tmp_path):
    reader = read(tmp_path, pa.table({"text": pa.array([], pa.string())}))
    assert list(reader.batches(None)) == []
    file = finish(tmp_path, ParquetWriter(reader.columns, ADDED, schema=reader.schema))
    assert file.schema_arrow.names == ["text", *ADDED.names]
    assert file.metadata.num_rows == 0


def test_every_type_has_a_form_in_json_and_csv(tmp_path):
    table = pa.table(
        {
            "text": ["a"],
            "ns": pa.array([1], pa.timestamp("ns")),
            "day": [dt.date(2026, 1, 2)],
            "bytes": [b"\xff\x00"],
            "tags": [["x", None]],
            "times": pa.array([[{"at": [1]}, None]], pa.list_(pa.struct([("at", pa.list_(pa.timestamp("ns")))]))),
            "record": [{"a": 1.5, "b": True}],
            "nan": [float("nan")],
            "price": [Decimal("1.00")],
            "none": pa.nulls(1),
        }
    )
    reader = read(tmp_path, table)
    (batch,) = reader.batches(None)
    row = json.loads(JsonLinesWriter(reader.columns, ADDED).encode(batch, [GOOD]))
    assert row == {
        "text": "a",
        "ns": "1970-01-01 00:00:00.000000001",
        "day": "2026-01-02",
        "bytes": "_wA=",
        "tags": ["x", None],
        "times": [{"at": ["1970-01-01 00:00:00.000000001"]}, None],
        "record": {"a": 1.5, "b": True},
        "nan": None,
        "price": "1.00",
        "none": None,
        "label": "few",
        "probability_few": 0.75,
        "probability_many": 0.25,
        "known_words": 3,
        "error": None,
    }
    assert CsvWriter(reader.columns, ADDED, ",").encode(batch, [GOOD]) == (
        b"a,1970-01-01 00:00:00.000000001,2026-01-02,_wA=,"
        b'"[""x"",null]","[{""at"":[""1970-01-01 00:00:00.000000001""]},null]",'
        b'"{""a"":1.5,""b"":true}",nan,1.00,,few,0.75,0.25,3,\n'
    )


def test_a_value_without_a_text_form_is_refused_with_its_column(tmp_path):
    reader = read(tmp_path, pa.table({"text": ["a"], "day": pa.array([2**30], pa.date32())}))
    (batch,) = reader.batches(None)
    with pytest.raises(InputError, match="the column 'day' of type date32.* has no text form"):
        list(batch.values())
