import gzip

import numpy as np
import pytest

from training.errors import VectorsError
from training.progress import SilentProgress
from training.vectors.arrays import pack_words, write_arrays
from training.vectors.glove import read_glove
from training.vectors.table import (
    FORMAT,
    FORMAT_VERSION,
    Table,
    dequantize,
    pack,
    quantize,
    read_table,
    write_table,
)


@pytest.fixture
def table():
    codes, scales = quantize(np.array([[1, -2], [0, 0], [0.5, 0.25]], dtype=np.float32))
    return Table(("the", "blank", "raven"), codes, scales, "glove.txt")


@pytest.fixture
def glove(tmp_path):
    """Sixty words of eight dimensions, gzipped, and what they hold."""
    rows = np.random.default_rng(5).normal(size=(60, 8)).astype(np.float32)
    lines = [f"w{i} {' '.join(map(repr, row.tolist()))}\n" for i, row in enumerate(rows)]
    path = tmp_path / "glove.8d.txt.gz"
    path.write_bytes(gzip.compress("".join(lines).encode()))
    return path, rows


def test_the_largest_of_a_row_gets_the_largest_code_and_zeros_stay_zero():
    codes, scales = quantize(np.array([[1, -2], [0, 0], [127, 1]], dtype=np.float32))
    assert codes.tolist() == [[64, -127], [0, 0], [127, 1]]
    assert scales.tolist() == [np.float32(2 / 127), 0, 1]
    assert (codes.dtype.name, scales.dtype.name) == ("int8", "float32")


def test_no_value_is_off_by_more_than_half_a_step():
    rows = np.random.default_rng(0).normal(scale=3, size=(500, 20)).astype(np.float32)
    codes, scales = quantize(rows)
    assert (np.abs(dequantize(codes, scales) - rows) <= scales[:, None] * 0.5001).all()


def test_a_table_is_written_and_read_back(tmp_path, table):
    path = tmp_path / "table.npz"
    assert write_table(path, table) == path.stat().st_size
    back = read_table(path)
    assert (back.words, back.source, back.dimension) == (table.words, "glove.txt", 2)
    assert back.rows().tobytes() == table.rows().tobytes()


def test_only_wanted_words_are_decoded(table):
    vectors = table.vectors(["raven", "absent", "the"])
    assert vectors.words == ("the", "raven")
    assert vectors.rows.tolist() == table.rows()[[0, 2]].tolist()
    assert table.vectors([]).rows.shape == (0, 2)


def test_packing_takes_the_first_words_and_reports_what_was_lost(tmp_path, glove, progress):
    source, rows = glove
    report = pack(str(source), tmp_path / "t.npz", count=40, dimension=8, progress=progress)
    table = read_table(tmp_path / "t.npz")
    assert table.words == tuple(f"w{i}" for i in range(40))
    assert table.source == "glove.8d.txt.gz"
    kept, back = rows[:40].astype(np.float64), table.rows().astype(np.float64)
    cosines = [k @ b / np.linalg.norm(k) / np.linalg.norm(b) for k, b in zip(kept, back, strict=True)]
    assert report.as_dict() == {
        "words": 40,
        "dimension": 8,
        "duplicates": 0,
        "file_bytes": (tmp_path / "t.npz").stat().st_size,
        "max_abs_error": pytest.approx(np.abs(kept - back).max()),
        "rms_error_share": pytest.approx(np.sqrt(((kept - back) ** 2).mean() / (kept**2).mean())),
        "mean_cosine": pytest.approx(np.mean(cosines)),
        "min_cosine": pytest.approx(min(cosines)),
    }
    assert 0.9999 < report.min_cosine < report.mean_cosine < 1
    assert progress.stages == [("Reading glove.8d.txt.gz", source.stat().st_size)]


def test_packing_twice_gives_equal_bytes(tmp_path, glove):
    for name in ("a.npz", "b.npz"):
        pack(str(glove[0]), tmp_path / name, count=40, dimension=8, progress=SilentProgress())
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_file_with_fewer_words_is_packed_whole_with_a_note(tmp_path, glove, progress):
    assert pack(str(glove[0]), tmp_path / "t.npz", dimension=8, progress=progress).words == 60
    assert "60 words, fewer than the 50000" in progress.notes[0]


def test_words_of_zeros_lose_nothing(tmp_path):
    (tmp_path / "zeros.txt").write_text("the 0 0\nraven 0 0\n")
    report = pack(str(tmp_path / "zeros.txt"), tmp_path / "t.npz", dimension=2, progress=SilentProgress())
    assert (report.max_abs_error, report.rms_error_share, report.min_cosine) == (0, 0, 1)


def test_a_file_without_a_readable_word_packs_nothing(tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"\xff 1 2\n")
    with pytest.raises(VectorsError, match=r"latin\.txt has no word in UTF-8"):
        pack(str(tmp_path / "latin.txt"), tmp_path / "t.npz", dimension=2, progress=SilentProgress())
    assert not (tmp_path / "t.npz").exists()


def test_a_bad_line_stops_the_packing_before_anything_is_written(tmp_path):
    (tmp_path / "bad.txt").write_text("the 1 2\nraven 1\n")
    with pytest.raises(VectorsError, match="line 2"):
        pack(str(tmp_path / "bad.txt"), tmp_path / "t.npz", dimension=2, progress=SilentProgress())
    assert not (tmp_path / "t.npz").exists()


GOOD = {
    "words": pack_words(("the", "raven")),
    "codes": np.ones((2, 3), dtype=np.int8),
    "scales": np.ones(2, dtype=np.float32),
}
FACTS = {"format": FORMAT, "version": FORMAT_VERSION, "source": "x"}


@pytest.mark.parametrize(
    ("changes", "facts", "complaint"),
    [
        ({}, {"format": "other"}, "format 'other'"),
        ({}, {"version": 2}, "version 2"),
        ({"extra": np.zeros(1)}, {}, "it holds codes, extra, scales, words"),
        ({"codes": np.ones((2, 3), dtype=np.int16)}, {}, "types uint8, int16, float32"),
        ({"codes": np.ones((3, 3), dtype=np.int8)}, {}, "shapes"),
        ({"codes": np.ones(2, dtype=np.int8)}, {}, "shapes"),
        ({"scales": np.array([1, np.nan], dtype=np.float32)}, {}, "a scale that is not a finite size"),
        ({"scales": np.array([1, -1], dtype=np.float32)}, {}, "a scale that is not a finite size"),
        ({"words": pack_words(("the", "raven", "house"))}, {}, "3 words and 2 rows"),
        ({"words": pack_words(("the", "the"))}, {}, "1 words and 2 rows"),
    ],
)
def test_arrays_that_are_no_table_are_refused(tmp_path, changes, facts, complaint):
    path = tmp_path / "table.npz"
    write_arrays(path, GOOD | changes, FACTS | facts)
    with pytest.raises(VectorsError, match=rf"table\.npz.*{complaint}.*pack-vectors"):
        read_table(path)


def test_a_damaged_or_missing_table_is_refused_with_the_remedy(tmp_path, table):
    path = tmp_path / "table.npz"
    with pytest.raises(VectorsError, match=r"table\.npz: no such vector table.*pack-vectors"):
        read_table(path)
    write_table(path, table)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(VectorsError, match=r"table\.npz is damaged.*pack-vectors"):
        read_table(path)


def test_a_table_gives_what_the_text_gives_but_for_the_rounding(tmp_path, glove):
    source, _ = glove
    pack(str(source), tmp_path / "t.npz", dimension=8, progress=SilentProgress())
    packed = read_table(tmp_path / "t.npz").vectors({"w3", "w7"})
    text = read_glove(gzip.decompress(source.read_bytes()).splitlines(keepends=True), {"w3", "w7"}, 8)
    assert packed.words == text.words
    np.testing.assert_allclose(packed.rows, text.rows, atol=0.02)
