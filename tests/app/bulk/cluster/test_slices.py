from collections.abc import Sequence
from pathlib import Path

import pytest

from app.bulk.classification import COMPILE_AFTER_ROWS
from app.bulk.cluster.slices import SLICE_BATCHES, Cut, cuts, part_name, slices, stems
from app.bulk.csv_format import CsvReader
from app.bulk.rows import BATCH_ROWS, Batch, Column


class Rows:
    """A reader of so many rows a batch."""

    columns: Sequence[Column] = (Column("text"),)
    size = 1

    def __init__(self, *rows):
        self._rows = rows

    def batches(self, position):
        assert position is None
        for number, rows in enumerate(self._rows, 1):
            yield Batch(["a"] * rows, [None] * rows, list, None, {"batch": number}, number)


def test_a_slice_is_as_many_batches_as_the_network_runs_uncompiled():
    assert SLICE_BATCHES * BATCH_ROWS == COMPILE_AFTER_ROWS


def test_cuts_lie_between_batches_and_say_how_many_rows_come_before():
    assert [*cuts(Rows(5, 5, 5, 2), batches=2)] == [Cut(None, 0, 2), Cut({"batch": 2}, 10, 2)]
    assert [*cuts(Rows(5, 5, 2), batches=2)] == [Cut(None, 0, 2), Cut({"batch": 2}, 10, 1)]


def test_an_empty_input_is_one_slice_so_that_it_has_an_output():
    assert [*cuts(Rows(), batches=2)] == [Cut(None, 0, 0)]


def test_no_slice_has_rows_on_both_sides_of_where_the_network_is_compiled():
    few = COMPILE_AFTER_ROWS - 1
    found = [*cuts(Rows(few, 1, 1, 1), batches=64)]
    assert [cut.row for cut in found] == [0, COMPILE_AFTER_ROWS]
    assert [cut.batches for cut in found] == [2, 2]


def test_the_slices_of_a_file_hold_all_of_its_rows_in_order(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text\n" + "".join(f'{n},"a ""b""\nc {n}"\n' for n in range(3 * BATCH_ROWS + 7)))
    reader = CsvReader(path, ",", "text")
    found = slices(str(path), "a", ".csv", [*cuts(reader, batches=2)], reader.columns)
    assert [piece.part for piece in found] == ["a-00000.csv", "a-00001.csv"]
    ids = []
    for piece in found:
        batches = reader.batches(piece.position)
        for _ in range(piece.batches or 0):
            ids += [row[0] for row in next(batches).values()]
        assert len(ids) == sum(other.row for other in found[1:2]) or piece is found[-1]
    assert ids == [str(n) for n in range(3 * BATCH_ROWS + 7)]


def test_parts_sort_as_their_inputs_do():
    assert part_name("reviews", 12, ".csv") == "reviews-00012.csv"
    assert stems(["in/a.csv", "in/b.csv.gz"]) == {"in/a.csv": "a", "in/b.csv.gz": "b"}


@pytest.mark.parametrize("sources", [["x/1.csv", "y/1.csv"], ["b/a.csv", "c/B.csv", "d/A.csv"]])
def test_inputs_of_one_name_or_in_another_order_are_numbered(sources):
    names = [*stems(sources).values()]
    assert names == sorted(names)
    assert len(set(names)) == len(names)
    assert [name.split("-")[1] for name in names] == [Path(source).stem for source in sources]
