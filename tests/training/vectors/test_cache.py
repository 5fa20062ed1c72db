import os

import numpy as np
import pytest

from training.vectors.cache import VectorCache, cache_key
from training.vectors.glove import WordVectors
from training.vectors.source import VectorSource

VECTORS = WordVectors(("naïve", "raven"), np.array([[1, 2], [3, 4]], dtype=np.float32), duplicates=3)


@pytest.fixture
def cache(tmp_path, progress):
    return VectorCache(tmp_path / "cache", progress, kept=2)


def entries(tmp_path):
    return sorted(path.name for path in (tmp_path / "cache").iterdir())


def test_what_is_stored_is_loaded(cache):
    cache.store("a", VECTORS)
    loaded = cache.load("a")
    assert loaded is not None
    assert (loaded.words, loaded.duplicates) == (VECTORS.words, 3)
    assert loaded.rows.dtype == np.float32
    assert loaded.rows.tolist() == [[1, 2], [3, 4]]


def test_an_unknown_key_gives_nothing_and_no_note(cache, progress):
    assert cache.load("a") is None
    assert progress.notes == []


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"not an archive"])
def test_a_corrupt_entry_is_ignored_with_a_note_and_replaced(cache, progress, tmp_path, damage):
    cache.store("a", VECTORS)
    (tmp_path / "cache" / entries(tmp_path)[0]).write_bytes(damage)
    assert cache.load("a") is None
    assert "made again" in progress.notes[0]
    cache.store("a", VECTORS)
    assert cache.load("a") is not None


def test_an_entry_with_a_flipped_byte_is_ignored(cache, tmp_path):
    cache.store("a", VECTORS)
    path = tmp_path / "cache" / entries(tmp_path)[0]
    position = path.read_bytes().index(VECTORS.rows.tobytes())
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)
    assert cache.load("a") is None


def test_the_entry_unused_for_longest_goes_first(cache, tmp_path):
    for age, key in enumerate("ab"):
        cache.store(key, VECTORS)
        os.utime(tmp_path / "cache" / f"vectors-{key}.npz", (1000 + age, 1000 + age))
    assert cache.load("a") is not None  # used now, so b is the older one
    cache.store("c", VECTORS)
    assert entries(tmp_path) == ["vectors-a.npz", "vectors-c.npz"]


def test_files_of_others_in_the_folder_stay(cache, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "mine.npz").write_bytes(b"x")
    for key in "abc":
        cache.store(key, VECTORS)
    assert "mine.npz" in entries(tmp_path)
    assert len(entries(tmp_path)) == 3


def test_a_folder_that_cannot_be_written_is_a_warning(tmp_path, progress):
    (tmp_path / "cache").write_text("a file stands where the folder should be")
    cache = VectorCache(tmp_path / "cache", progress)
    cache.store("a", VECTORS)
    assert "could not be kept" in progress.warnings[0]
    assert cache.load("a") is None


def test_the_key_depends_on_file_member_words_and_dimension(tmp_path):
    path = tmp_path / "glove.zip"
    path.write_bytes(b"one")
    key = cache_key(VectorSource(path, "a"), ["the", "raven"], 100)
    assert cache_key(VectorSource(path, "a"), ["raven", "the"], 100) == key
    others = {
        cache_key(VectorSource(path, "b"), ["the", "raven"], 100),
        cache_key(VectorSource(path, "a"), ["the", "ravens"], 100),
        cache_key(VectorSource(path, "a"), ["theraven"], 100),
        cache_key(VectorSource(path, "a"), ["the", "raven"], 50),
    }
    path.write_bytes(b"other")
    others.add(cache_key(VectorSource(path, "a"), ["the", "raven"], 100))
    assert len(others - {key}) == 5


def test_words_of_any_characters_have_a_key(tmp_path):
    path = tmp_path / "glove.txt"
    path.write_bytes(b"x")
    assert len(cache_key(VectorSource(path), ["\ud800", "naïve\n"], 2)) == 64
