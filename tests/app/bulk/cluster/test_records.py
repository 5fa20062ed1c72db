import json

import pytest

from app.bulk.cluster.places import Place
from app.bulk.cluster.records import BAD_ROWS, Records
from app.bulk.cluster.scoring import RECORDS, Done
from app.bulk.cluster.slices import Slice
from app.bulk.errors import ResumeError

IDENTITY = {"model": "toy 1", "--prefix": "''"}
SLICES = [Slice("in/a.csv", "a-00000.csv"), Slice("in/b.csv", "b-00000.csv")]


@pytest.fixture
def folder(tmp_path):
    return Place(str(tmp_path / "out"))


def finish(folder, part, rows, faults=()):
    records = folder / RECORDS
    if faults:
        (records / f"{part}.bad").write(b"".join(json.dumps(fault).encode() + b"\n" for fault in faults))
    done = {"rows": rows, "bad_rows": len(faults), "words": 10, "known_words": 5}
    (records / f"{part}.json").write(json.dumps(done).encode())


def test_the_same_run_goes_on_with_the_parts_that_are_not_done(folder):
    Records(folder).open(IDENTITY, folder, restart=False)
    finish(folder, "b-00000.csv", 7)
    again = Records(folder)
    again.open(IDENTITY, folder, restart=False)
    assert again.done(SLICES) == {"b-00000.csv": Done(7, 0, 10, 5)}


def test_another_run_is_refused_and_told_every_difference(folder):
    Records(folder).open(IDENTITY, folder, restart=False)
    with pytest.raises(ResumeError, match=r"model: toy 1, now toy 2; --prefix: '', now 'p_'.*--restart"):
        Records(folder).open({"model": "toy 2", "--prefix": "'p_'"}, folder, restart=False)


def test_a_restart_forgets_what_was_done(folder):
    Records(folder).open(IDENTITY, folder, restart=False)
    finish(folder, "a-00000.csv", 7)
    again = Records(folder)
    again.open({"model": "toy 2"}, folder, restart=True)
    assert again.done(SLICES) == {}


def test_a_damaged_state_is_said(folder):
    Records(folder).open(IDENTITY, folder, restart=False)
    (folder / RECORDS / "run.json").write(b"{")
    with pytest.raises(ResumeError, match="damaged"):
        Records(folder).open(IDENTITY, folder, restart=False)


def test_at_the_end_bad_rows_are_in_the_order_of_the_parts_and_the_rest_is_gone(folder):
    records = Records(folder)
    records.open(IDENTITY, folder, restart=False)
    finish(folder, "b-00000.csv", 3, [{"file": "b", "row": 1}])
    finish(folder, "a-00000.csv", 7, [{"file": "a", "row": 2}, {"file": "a", "row": 5}])
    records.close([piece.part for piece in SLICES], folder / "_bad_rows.jsonl")
    lines = [json.loads(line) for line in (folder / "_bad_rows.jsonl").read().splitlines()]
    assert lines == [{"file": "a", "row": 2}, {"file": "a", "row": 5}, {"file": "b", "row": 1}]
    assert json.loads(records.summary.read())["parts"]["a-00000.csv"]["rows"] == 7
    assert not records.began()


def test_writing_over_removes_what_the_run_before_wrote_and_nothing_else(folder):
    records = Records(folder)
    records.open(IDENTITY, folder)
    records.plan([piece.part for piece in SLICES])
    for piece in SLICES:
        (folder / piece.part).write(b"1")
        finish(folder, piece.part, 1, [{"file": "a", "row": 1}])
    records.close([piece.part for piece in SLICES], folder / BAD_ROWS)
    (folder / "of-somebody.csv").write(b"1")
    Records(folder).open({"model": "toy 2"}, folder, overwrite=True)
    assert folder.names() == {RECORDS, "of-somebody.csv"}


def test_a_restart_removes_parts_that_the_next_run_may_not_have(folder):
    records = Records(folder)
    records.open(IDENTITY, folder)
    records.plan(["gone-00000.csv"])
    (folder / "gone-00000.csv").write(b"1")
    Records(folder).open(IDENTITY, folder, restart=True)
    assert folder.names() == {RECORDS}


def test_a_part_of_a_hidden_input_is_done_too(folder):
    records = Records(folder)
    records.open(IDENTITY, folder)
    finish(folder, "_a-00000.csv", 7)
    assert records.done([Slice("_a.csv", "_a-00000.csv")])["_a-00000.csv"].rows == 7
