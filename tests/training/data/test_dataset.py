import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from training.data.dataset import load_dataset, load_evaluation
from training.data.problems import InvalidDataError, Kind
from training.progress import SilentProgress

SMALL = "text,label\nhello,x\nbye,y\nHello ,x\n,x\nwell,\nodd,x\nodd,y\n"


class Recorder(SilentProgress):
    def __init__(self):
        self.calls = []

    def stage(self, name, total=None, **_epoch):
        self.calls.append(("stage", name, total))

    def advance(self, done, **figures):
        self.calls.append(("advance", done, figures))

    def warn(self, message):
        self.calls.append(("warn", message))


def test_usable_rows_are_kept_in_order_and_numbered_by_sorted_label(write):
    data = load_dataset(write("a.csv", "text,label\nhello,y\nbye,x\nwell,y\n"), min_rows_per_class=1)
    assert data.texts == ("hello", "bye", "well")
    assert data.labels == ("x", "y")
    assert data.targets.dtype == np.int32
    assert data.targets.tolist() == [1, 0, 1]
    assert data.line_numbers == (2, 3, 4)
    assert data.problems == ()
    assert (len(data), data.rows_read, data.source) == (3, 3, "a.csv")


def test_every_row_that_is_left_out_is_accounted_for(write):
    data = load_dataset(write("a.csv", SMALL), min_rows_per_class=1)
    assert data.texts == ("hello", "bye")
    assert {problem.kind: (problem.rows, problem.first) for problem in data.problems} == {
        Kind.EMPTY_TEXT: (1, (5,)),
        Kind.MISSING_LABEL: (1, (6,)),
        Kind.DUPLICATE: (1, (4,)),
        Kind.CONFLICT: (2, (7, 8)),
    }
    assert data.rows_read == 7


def test_what_is_left_out_is_told_while_loading(write):
    progress = Recorder()
    data = load_dataset(write("a.csv", SMALL), min_rows_per_class=1, progress=progress)
    assert progress.calls == [
        ("stage", "reading a.csv", None),
        ("advance", 5, {}),
        *(("warn", f"a.csv: {problem.message}") for problem in data.problems),
    ]


def test_the_summary_is_json(write):
    summary = load_dataset(write("a.csv", SMALL), min_rows_per_class=1).summary()
    assert json.loads(json.dumps(summary)) == summary
    assert (summary["rows_read"], summary["rows"], summary["labels"]) == (7, 2, {"x": 1, "y": 1})
    assert (summary["columns"], summary["text_column"], summary["label_column"]) == (["text", "label"], "text", "label")
    assert summary["duplicates"] == 1
    assert summary["problems"][0] == {
        "kind": "empty_text",
        "message": "empty text: 1 row (line 5). Left out.",
        "rows": 1,
        "first": [5],
    }


def test_the_fingerprint_is_that_of_the_content_and_not_of_the_file(write, tmp_path):
    csv = load_dataset(write("a.csv", "text,label\nhé,1\nbye,2\n"), min_rows_per_class=1)
    jsonl = load_dataset(
        write("b.jsonl", '{"author": 1, "text": "h\\u00e9"}\n\n{"author": 2, "text": "bye"}\n'), min_rows_per_class=1
    )
    pq.write_table(pa.table({"class": [1, 2], "text": ["hé", "bye"]}), tmp_path / "c.parquet")
    parquet = load_dataset(tmp_path / "c.parquet", min_rows_per_class=1)
    expected = hashlib.sha256('["hé", "1"]\n["bye", "2"]\n'.encode()).hexdigest()
    assert csv.fingerprint == jsonl.fingerprint == parquet.fingerprint == expected


@pytest.mark.parametrize("content", ["text,label\nbye,2\nhé,1\n", "text,label\nhé,2\nbye,1\n"])
def test_another_order_or_label_gives_another_fingerprint(write, content):
    first = load_dataset(write("a.csv", "text,label\nhé,1\nbye,2\n"), min_rows_per_class=1)
    assert load_dataset(write("b.csv", content), min_rows_per_class=1).fingerprint != first.fingerprint


def test_all_problems_of_a_file_are_listed_at_once(write):
    content = b"text,label\nhello,x\ncaf\xe9,x\nragged\n,x\nnul\0,x\n"
    with pytest.raises(InvalidDataError) as caught:
        load_dataset(write("a.csv", content), min_rows_per_class=10)
    assert [problem.kind for problem in caught.value.problems] == [
        Kind.WRONG_ENCODING,
        Kind.NUL_BYTE,
        Kind.RAGGED_ROW,
        Kind.ONE_CLASS,
        Kind.SMALL_CLASS,
        Kind.EMPTY_TEXT,
    ]


def test_a_class_needs_a_row_for_each_part_of_the_split(write):
    lines = [f"text {row},{'xy'[row < 2]}\n" for row in range(30)]
    with pytest.raises(InvalidDataError, match="a class needs 3, but 'y' has 2"):
        load_dataset(write("a.csv", "text,label\n" + "".join(lines)))


def test_a_class_of_few_rows_is_kept_with_a_warning(write):
    lines = [f"text {row},{'xy'[row < 3]}\n" for row in range(30)]
    data = load_dataset(write("a.csv", "text,label\n" + "".join(lines)))
    assert (data.rows_read, data.label_counts()) == (30, {"x": 27, "y": 3})
    assert [(each.kind, each.rows, each.first) for each in data.problems] == [(Kind.FEW_ROWS, 0, (2, 3, 4))]
    assert data.problems[0].message == (
        "few rows: 'y' has 3. Below 10 a class is measured on one held-out row; expect little of it"
    )


def test_classes_are_counted_after_repeats_are_dropped(write):
    lines = [f"text {row},x\n" for row in range(10)] + ["same,y\n"] * 10
    with pytest.raises(InvalidDataError) as caught:
        load_dataset(write("a.csv", "text,label\n" + "".join(lines)))
    assert [problem.kind for problem in caught.value.problems] == [Kind.SMALL_CLASS, Kind.DUPLICATE]


def test_many_uneven_classes_are_fine(write):
    lines = [f"text {label} {row},c{label:02}\n" for label in range(50) for row in range(1000 if label == 0 else 10)]
    data = load_dataset(write("a.csv", "text,label\n" + "".join(lines)))
    assert list(data.label_counts().values()) == [1000] + [10] * 49


def test_named_columns_are_used(write):
    path = write("a.csv", "text,label,body,mood\n1,2,hello,x\n3,4,bye,y\n")
    data = load_dataset(path, text_column="body", label_column="mood", min_rows_per_class=1)
    assert (data.texts, data.labels) == (("hello", "bye"), ("x", "y"))


def test_for_evaluation_the_model_gives_the_labels_and_repeats_stay(write):
    data = load_evaluation(write("a.csv", "text,label\nhello,x\nhello,x\nHello,z\n,x\n"), ("z", "y", "x"))
    assert data.texts == ("hello", "hello", "Hello")
    assert data.labels == ("z", "y", "x")
    assert data.targets.tolist() == [2, 2, 0]
    assert data.label_counts() == {"z": 1, "y": 0, "x": 2}
    assert [problem.kind for problem in data.problems] == [Kind.EMPTY_TEXT]
    assert data.rows_read == 4


def test_for_evaluation_unknown_labels_are_refused(write):
    with pytest.raises(InvalidDataError, match="unknown labels: 'w' in 1 row "):
        load_evaluation(write("a.csv", "text,label\nhello,x\nbye,w\n"), ("x", "y"))


def test_for_evaluation_some_row_must_be_usable(write):
    with pytest.raises(InvalidDataError) as caught:
        load_evaluation(write("a.csv", "text,label\n,x\n"), ("x", "y"))
    assert [problem.kind for problem in caught.value.problems] == [Kind.NO_ROWS, Kind.EMPTY_TEXT]


@pytest.mark.acceptance
def test_the_real_sentences_load_without_a_problem():
    data = load_dataset(Path(os.environ["TERCET_ACCEPTANCE_DATA"]) / "spooky" / "train.csv")
    assert data.rows_read == len(data) == 17_621
    assert data.label_counts() == {"EAP": 7090, "HPL": 5074, "MWS": 5457}
    assert data.problems == ()
