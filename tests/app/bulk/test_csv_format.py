import csv
import io

import pytest

from app.bulk import csv_format
from app.bulk.csv_format import CsvReader, CsvWriter
from app.bulk.errors import InputError
from app.bulk.rows import Column, Prediction, PredictionColumns

ADDED = PredictionColumns(("few", 'a,"b"'))


def read(tmp_path, content, *, delimiter=",", text_column="text"):
    path = tmp_path / "in.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CsvReader(path, delimiter, text_column)


def rows(reader, position=None):
    """(fields, fault) of every row."""
    return [
        (list(fields), fault)
        for batch in reader.batches(position)
        for fields, fault in zip(batch.values(), batch.faults, strict=True)
    ]


def test_rows_have_the_fields_of_the_header(tmp_path):
    reader = read(tmp_path, '\ufeffid, text\r\n1,"a ""b"",\r\nc"\r\n\r\n2,d')
    assert reader.columns == [Column("id"), Column("text")]
    assert rows(reader) == [(["1", 'a "b",\r\nc'], None), (["2", "d"], None)]
    (batch,) = reader.batches(None)
    assert batch.texts == ['a "b",\r\nc', "d"]


def test_tabs_separate_where_they_are_asked_for(tmp_path):
    assert rows(read(tmp_path, "id\ttext\n1\ta,b\n", delimiter="\t")) == [(["1", "a,b"], None)]


def test_a_blank_line_is_a_blank_text_where_there_is_one_column(tmp_path):
    assert rows(read(tmp_path, "text\na\n\nb\n")) == [(["a"], None), ([""], None), (["b"], None)]


@pytest.mark.parametrize(
    ("line", "fields", "fault"),
    [
        ("1,a,b", ["1", "a"], "line 3: 3 fields instead of 2"),
        ("1", ["1", ""], "line 3: 1 field instead of 2"),
        ('1,"a"b', ["1", "ab"], "line 3 has a double quote that is misplaced or never closed"),
        ('1,"a', ["1", "a"], "line 3 has a double quote that is misplaced or never closed"),
        ("1,a\rb", ["", ""], "line 3 has a carriage return in the middle of a row"),
        (b"1,a\xff", ["1", "a\ufffd"], "line 3 is not UTF-8: byte 0xFF at position 4"),
        (b'1,"a\xff', ["1", "a\ufffd"], "line 3 is not UTF-8: byte 0xFF at position 5"),
    ],
)
def test_a_row_against_the_rules_is_one_bad_row_in_its_place(tmp_path, line, fields, fault):
    line = line if isinstance(line, bytes) else line.encode()
    reader = read(tmp_path, b"id,text\n0,before\n" + line + b'\n2,after\n3,"a\nb"\n4,c\n')
    assert rows(reader) == [
        (["0", "before"], None),
        (fields, fault),
        (["2", "after"], None),
        (["3", "a\nb"], None),
        (["4", "c"], None),
    ]


def test_a_quote_that_is_never_closed_takes_one_row_not_the_rest(tmp_path):
    lines = [f"{number},text {number}\n" for number in range(5000)]
    lines[3] = '3,"text 3\n'
    read_rows = rows(read(tmp_path, "id,text\n" + "".join(lines)))
    assert len(read_rows) == 5000
    assert [number for number, (_, fault) in enumerate(read_rows) if fault] == [3]
    assert read_rows[-1] == (["4999", "text 4999"], None)


def test_a_line_beyond_the_limit_is_a_bad_row(tmp_path, monkeypatch):
    monkeypatch.setattr("app.bulk.lines.LINE_LIMIT_BYTES", 30)
    monkeypatch.setattr(csv_format, "LINE_LIMIT_BYTES", 30)
    reader = read(tmp_path, f"id,text\n1,{'x' * 50}\n2,after\n")
    assert rows(reader) == [(["", ""], "line 2 is longer than 30 bytes"), (["2", "after"], None)]


def test_reading_goes_on_from_after_any_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_format, "BATCH_ROWS", 3)
    content = "id,text\n" + "".join(f'{n},"two\nlines {n}"\n' if n % 4 else f'{n},"open {n}\n' for n in range(20))
    reader = read(tmp_path, content)
    everything = rows(reader)
    batches = list(reader.batches(None))
    assert [len(batch.texts) for batch in batches][:-1] == [3] * (len(batches) - 1)
    done = 0
    for batch in batches:
        done += len(batch.texts)
        assert rows(reader, batch.position) == everything[done:]


def test_long_rows_end_a_batch_early(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_format, "BATCH_BYTES", 20)
    batches = list(read(tmp_path, "text\n" + "123456789\n" * 5).batches(None))
    assert [len(batch.texts) for batch in batches] == [2, 2, 1]
    assert batches[-1].done == 55


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty. Its first line names the columns"),
        ("\n\n", "is empty"),
        (b"te\xffxt\n", "the header cannot be read: line 1 is not UTF-8"),
        ('"text\n', "the header cannot be read: line 1 has a double quote"),
        ("id,body\n", r"no column 'text'; it has 'id', 'body'\. Name the one with the texts: --text-column"),
        ("text,text\n", "has the column 'text' 2 times"),
    ],
)
def test_a_header_that_cannot_be_used_is_refused(tmp_path, content, said):
    with pytest.raises(InputError, match=said):
        read(tmp_path, content)


def written(reader, predictions, **options):
    writer = CsvWriter(reader.columns, ADDED, ",", **options)
    (batch,) = reader.batches(None)
    return writer.header() + writer.encode(batch, predictions)


def test_rows_of_the_same_format_stay_as_they_are_to_the_byte(tmp_path):
    reader = read(tmp_path, '"id",text\r\n"1","a"\r\n 2 ,"b\r\nc"\r\n')
    predictions = [Prediction("few", [0.75, 0.25], 1), Prediction(fault="text is blank")]
    assert written(reader, predictions, native=True) == (
        b'id,text,label,probability_few,"probability_a,""b""",known_words,error\n'
        b'"1","a",few,0.75,0.25,1,\n'
        b' 2 ,"b\r\nc",,,,,text is blank\n'
    )


def test_what_is_appended_is_what_the_csv_module_would_write(tmp_path):
    reader = read(tmp_path, "id,text\n1,a\n2,b\n3,c\n")
    predictions = [
        Prediction('a,"b"', [0.0, 1.0], 0),
        Prediction("few", [0.5, 0.5], 12),
        Prediction(fault='with "quotes", and a\nline'),
    ]
    native = written(reader, predictions, native=True)
    assert native == written(reader, predictions)
    header, *found = csv.reader(io.StringIO(native.decode(), newline=""), strict=True)
    assert header[2:] == ["label", "probability_few", 'probability_a,"b"', "known_words", "error"]
    assert found[0] == ["1", "a", 'a,"b"', "0.0", "1.0", "0", ""]
    assert found[2] == ["3", "c", "", "", "", "", 'with "quotes", and a\nline']


def test_a_bad_row_is_written_with_as_many_fields_as_the_others(tmp_path):
    reader = read(tmp_path, "id,text\n1\n")
    assert written(reader, [Prediction(fault="x")], native=True).splitlines()[1] == b"1,,,,,,x"
