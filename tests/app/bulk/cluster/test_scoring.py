import csv

import pytest

from app.bulk import classification
from app.bulk.cluster import scoring
from app.bulk.cluster.scoring import RECORDS, Done, Scorer, total_of
from app.bulk.cluster.slices import Slice
from app.bulk.cluster.task import Task, packed
from model.bundle import verify
from tests.app.fakes import settings

ROWS = [("1", "the storm came"), ("2", ""), ("3", "a calm sea")]


@pytest.fixture
def scorer(tmp_path, toy_models):
    task = Task(str(tmp_path / "out"), "text", "", 1000, whole_parts=True, name="toy", version=1, suffix=".csv")
    (tmp_path / "out" / RECORDS).mkdir(parents=True)
    source = tmp_path / "in.csv"
    with source.open("w", newline="") as file:
        csv.writer(file).writerows([("id", "text"), *ROWS])
    slices = [Slice(str(source), "in-00000.csv"), Slice(str(tmp_path / "gone.csv"), "gone-00000.csv")]
    return Scorer(task, packed(verify(toy_models / "toy" / "1")), slices, settings())


def test_a_slice_becomes_a_part_its_bad_rows_and_a_record(scorer, tmp_path):
    answer = scorer({"number": [0]})
    assert {name: values.tolist() for name, values in answer.items() if name != "known_words"} == {
        "number": [0],
        "error": [""],
        "rows": [3],
        "bad_rows": [1],
        "words": [6],
    }
    with (tmp_path / "out" / "in-00000.csv").open(newline="") as file:
        rows = [*csv.DictReader(file)]
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert [bool(row["label"]) for row in rows] == [True, False, True]
    faults = (tmp_path / "out" / RECORDS / "in-00000.csv.bad").read_text()
    assert faults == f'{{"file": "{tmp_path / "in.csv"}", "row": 2, "error": "text is blank"}}\n'
    assert {path.name for path in (tmp_path / "out").iterdir()} == {RECORDS, "in-00000.csv"}


def test_what_is_wrong_with_one_input_is_an_answer(scorer):
    answer = scorer({"number": [1]})
    assert "gone.csv" in answer["error"][0]
    assert answer["rows"].tolist() == [0]


def test_the_next_file_begins_uncompiled_though_the_one_before_ended_compiled(scorer, monkeypatch):
    monkeypatch.setattr(scoring, "COMPILE_AFTER_ROWS", 2)
    monkeypatch.setattr(classification, "COMPILE_AFTER_ROWS", 2)
    scorer({"number": [0]})
    compiled = scorer._serving(2)
    fresh = scorer._serving(0)
    assert compiled is not fresh
    assert scorer._serving(5) is compiled


def test_the_sum_of_parts():
    assert total_of([Done(1, 2, 3, 4), Done(10, 20, 30, 40)]) == Done(11, 22, 33, 44)
