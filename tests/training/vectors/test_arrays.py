import io

import numpy as np
import pytest

from training.vectors.arrays import Arrays, DamagedArraysError, pack_words, read_arrays, unpack_words, write_arrays

ARRAYS: Arrays = {"rows": np.arange(6, dtype=np.float32).reshape(2, 3), "words": pack_words(("naïve", "raven"))}
FACTS = {"source": "glove.txt", "version": 1}


@pytest.mark.parametrize("compress", [True, False])
def test_what_is_written_is_read_back(tmp_path, compress):
    path = tmp_path / "a.npz"
    assert write_arrays(path, ARRAYS, FACTS, compress=compress) == path.stat().st_size
    arrays, facts = read_arrays(path)
    assert facts == FACTS
    assert arrays["rows"].tolist() == ARRAYS["rows"].tolist()
    assert unpack_words(arrays["words"]) == ("naïve", "raven")


def test_no_words_come_back_as_no_words():
    assert unpack_words(pack_words(())) == ()


def test_equal_input_gives_equal_bytes(tmp_path):
    write_arrays(tmp_path / "a.npz", ARRAYS, FACTS)
    write_arrays(tmp_path / "b.npz", ARRAYS, FACTS)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("compress", [True, False])
def test_a_byte_flipped_anywhere_never_changes_what_is_read(tmp_path, compress):
    path = tmp_path / "a.npz"
    write_arrays(path, ARRAYS, FACTS, compress=compress)
    original = path.read_bytes()
    refused = 0
    for position in range(len(original)):
        damaged = bytearray(original)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        try:
            arrays, facts = read_arrays(path)
        except DamagedArraysError:
            refused += 1
        else:  # a date, or another field of the container that carries no content
            assert facts == FACTS
            assert all(np.array_equal(arrays[name], ARRAYS[name]) for name in ARRAYS)
    assert refused > len(original) // 2


@pytest.mark.parametrize("length", [0, 1, 30, -30, -1])
def test_a_truncated_file_is_refused(tmp_path, length):
    path = tmp_path / "a.npz"
    write_arrays(path, ARRAYS, FACTS)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(DamagedArraysError):
        read_arrays(path)


def test_a_pickle_inside_is_refused_and_never_loaded(tmp_path):
    buffer = io.BytesIO()
    np.savez(buffer, facts=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (tmp_path / "a.npz").write_bytes(buffer.getvalue())
    with pytest.raises(DamagedArraysError, match="allow_pickle=False"):
        read_arrays(tmp_path / "a.npz")


def test_an_archive_without_facts_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", rows=ARRAYS["rows"])
    with pytest.raises(DamagedArraysError, match="facts"):
        read_arrays(tmp_path / "a.npz")
