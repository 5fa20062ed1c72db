import json

import pytest

from app.bulk import json_lines
from app.bulk.errors import InputError
from app.bulk.json_lines import JsonLinesReader, JsonLinesWriter
from app.bulk.rows import Column, Kind, Prediction, PredictionColumns

ADDED = PredictionColumns(("few", "many"))


def read(tmp_path, content, columns=None):
    path = tmp_path / "in.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return JsonLinesReader(path, "text", columns)


def test_every_object_is_a_row_and_blank_lines_are_passed_over(tmp_path):
    reader = read(tmp_path, '\ufeff{"text": "a"}\n\n  \n{"id": 1}\r\n{"text": 2}')
    (batch,) = reader.batches(None)
    assert batch.texts == ["a", None, 2]
    assert batch.faults == [None] * 3
    assert list(batch.values()) == [["a", None], [None, 1], [2, None]]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b'{"text": ', "line 2 is not JSON in UTF-8: EOF while parsing a value"),
        (b'["a"]', "line 2 is no JSON object but a list"),
        (b'"a"', "line 2 is no JSON object but a str"),
        (b"null", "line 2 is no JSON object but a NoneType"),
        (b'{"text": "a\xff"}', "line 2 is not JSON in UTF-8: invalid unicode code point at column"),
        (b'{"text": "\\ud800"}', "line 2 is not JSON in UTF-8: "),
        (b'{"text": "a", "n": NaN}', "line 2 is not JSON in UTF-8: "),
        (b"[" * 1000, "line 2 is not JSON in UTF-8: recursion limit"),
        (b'{"text": "a"} {}', "line 2 is not JSON in UTF-8: trailing characters at column"),
    ],
)
def test_a_line_that_is_no_object_is_a_bad_row_in_its_place(tmp_path, line, fault):
    (batch,) = read(tmp_path, b'{"text": "a"}\n' + line + b'\n{"text": "b"}\n').batches(None)
    assert batch.texts == ["a", None, "b"]
    assert [batch.faults[0], batch.faults[2]] == [None, None]
    assert batch.faults[1].startswith(fault)


def test_a_line_beyond_the_limit_is_a_bad_row(tmp_path, monkeypatch):
    monkeypatch.setattr("app.bulk.lines.LINE_LIMIT_BYTES", 30)
    monkeypatch.setattr(json_lines, "LINE_LIMIT_BYTES", 30)
    (batch,) = read(tmp_path, json.dumps({"text": "x" * 100}) + '\n{"text": "b"}\n').batches(None)
    assert batch.faults == ["line 1 is longer than 30 bytes", None]
    assert batch.texts == [None, "b"]


def test_columns_are_the_fields_of_all_objects_with_a_type_that_holds_their_values(tmp_path):
    values = [
        {"text": "a", "i": 1, "f": 1, "b": True, "mixed": 1, "nested": {"a": 1}, "long": 2**60, "none": None},
        {"late": None, "i": None, "f": 0.5, "mixed": "x"},
        {"late": 2.5},
    ]
    reader = read(tmp_path, "\n".join(["no object", *map(json.dumps, values)]))
    assert reader.columns == [
        Column("text", Kind.TEXT),
        Column("i", Kind.INTEGER),
        Column("f", Kind.NUMBER),
        Column("b", Kind.BOOLEAN),
        Column("mixed", Kind.TEXT),
        Column("nested", Kind.TEXT),
        Column("long", Kind.TEXT),
        Column("none", Kind.TEXT),
        Column("late", Kind.NUMBER),
    ]


def test_columns_that_are_known_are_not_looked_for_again(tmp_path):
    columns = [Column("text"), Column("other")]
    assert read(tmp_path, '{"text": "a", "new": 1}', columns).columns == columns


@pytest.mark.parametrize("content", ["", "\n", "no object\n"])
def test_a_file_without_objects_has_no_columns(tmp_path, content):
    assert read(tmp_path, content).columns == []


def test_without_a_text_in_any_object_the_error_lists_the_fields(tmp_path):
    with pytest.raises(InputError, match=r"no column 'text'; it has 'id', 'body'\."):
        read(tmp_path, '{"id": 1}\n{"body": "a"}\n')


def test_objects_with_ever_new_fields_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(json_lines, "MOST_COLUMNS", 3)
    with pytest.raises(InputError, match=r"in\.jsonl, line 4: more than 3 different fields"):
        read(tmp_path, "".join(f'{{"{number}": 1}}\n' for number in range(9)))


def test_reading_goes_on_from_after_any_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(json_lines, "BATCH_ROWS", 3)
    reader = read(tmp_path, "".join(f'{{"text": "{number}"}}\n\n' for number in range(10)))
    texts = [str(number) for number in range(10)]
    done = 0
    for batch in reader.batches(None):
        done += len(batch.texts)
        assert [text for later in reader.batches(batch.position) for text in later.texts] == texts[done:]
    assert done == 10


def test_objects_of_the_same_format_stay_as_they_are_to_the_byte(tmp_path):
    lines = ['{"text": "a", "n": 1.10, "n": 1e400 }', "{ }  \r", "no object", '\t{"big": 12345678901234567890}']
    reader = read(tmp_path, "\n".join(lines))
    writer = JsonLinesWriter(reader.columns, ADDED, native=True)
    (batch,) = reader.batches(None)
    good = Prediction("few", [0.75, 0.25], 1)
    bad = Prediction(fault="why")
    empty = b'"label":null,"probability_few":null,"probability_many":null,"known_words":null,"error":"why"}'
    assert writer.header() == b""
    assert writer.encode(batch, [good, bad, bad, bad]).splitlines() == [
        (
            b'{"text": "a", "n": 1.10, "n": 1e400,'
            b'"label":"few","probability_few":0.75,"probability_many":0.25,"known_words":1,"error":null}'
        ),
        b"{" + empty,
        b"{" + empty,
        b'{"big": 12345678901234567890,' + empty,
    ]
