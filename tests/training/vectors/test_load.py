import gzip

import numpy as np
import pytest

from model.assets import assets_folder
from training.errors import VectorsError
from training.progress import SilentProgress
from training.vectors.load import BOX_FILE, load_vectors
from training.vectors.table import pack, read_table

INDEX = {"the": 1, "raven": 2, "nevermore": 3, "house": 4}
COUNTS = {"the": 9, "raven": 3, "nevermore": 2, "house": 1}


@pytest.fixture
def glove(tmp_path, glove_text):
    path = tmp_path / "glove.txt"
    path.write_bytes(glove_text)
    return path


@pytest.fixture
def load(tmp_path, progress):
    def load(choice, dimension=2, **options):
        defaults = {"word_index": INDEX, "word_counts": COUNTS, "vocabulary_size": 4, "cache_folder": tmp_path / "c"}
        return load_vectors(str(choice), dimension=dimension, progress=progress, **(defaults | options))

    return load


def test_a_file_becomes_matrix_and_coverage_of_the_words_in_range(load, glove):
    loaded = load(glove)
    assert loaded.matrix.tolist() == [[0, 0], [0.5, -1], [1.25, 2], [0, 0]]
    assert loaded.coverage.as_dict() | {"top_misses": []} == {
        "words_found": 2,
        "words_total": 3,
        "word_share": pytest.approx(2 / 3),
        "tokens_found": 12,
        "tokens_total": 14,
        "token_share": pytest.approx(12 / 14),
        "top_misses": [],
    }
    assert loaded.coverage.top_misses == (("nevermore", 2),)
    assert loaded.source == "glove.txt"


def test_the_second_time_comes_from_the_cache_with_the_same_result(load, glove, progress):
    first = load(glove)
    second = load(glove)
    assert len(progress.stages) == 1
    assert any("from the cache" in note for note in progress.notes)
    assert second.matrix.tobytes() == first.matrix.tobytes()
    assert second.coverage == first.coverage


def test_another_vocabulary_or_a_changed_file_is_read_anew(load, glove, progress):
    load(glove)
    load(glove, vocabulary_size=5)
    glove.write_bytes(glove.read_bytes() + b"nevermore 7 8\n")
    assert load(glove).matrix[3].tolist() == [7, 8]
    assert len(progress.stages) == 3


def test_a_corrupt_cache_entry_changes_nothing_but_the_time(load, glove, tmp_path, progress):
    first = load(glove)
    (entry,) = (tmp_path / "c").iterdir()
    entry.write_bytes(b"damaged")
    assert load(glove).matrix.tobytes() == first.matrix.tobytes()
    load(glove)
    assert len(progress.stages) == 2


def test_without_a_cache_folder_nothing_is_written(load, glove, tmp_path):
    load(glove, cache_folder=None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["glove.txt"]


def test_none_leaves_the_matrix_to_the_caller(load):
    loaded = load("none")
    assert (loaded.matrix, loaded.coverage, loaded.source) == (None, None, "none")


def test_the_box_has_vectors_for_common_words(load):
    loaded = load("box", dimension=100, vocabulary_size=5)
    assert loaded.source == BOX_FILE
    assert loaded.matrix.shape == (5, 100)
    assert loaded.matrix.dtype == np.float32
    assert loaded.matrix.any(axis=1).tolist() == [False, True, True, False, True]
    assert loaded.coverage.top_misses == (("nevermore", 2),)


def test_the_box_of_another_dimension_is_refused_with_the_remedy(load):
    with pytest.raises(
        VectorsError, match=rf"{BOX_FILE} has 100 dimensions, 50 are asked.*--embedding-dim 100.*6B\.50d"
    ):
        load("box", dimension=50)


def test_a_table_of_the_users_own_is_read(load, glove, tmp_path):
    pack(str(glove), tmp_path / "mine.npz", dimension=2, progress=SilentProgress())
    loaded = load(tmp_path / "mine.npz")
    assert loaded.source == "mine.npz"
    np.testing.assert_allclose(loaded.matrix[2], [1.25, 2], atol=0.01)


def test_repeated_words_are_noted(load, glove, progress):
    glove.write_bytes(glove.read_bytes() + b"the 7 8\n")
    assert load(glove).matrix[1].tolist() == [0.5, -1]
    assert "1 words occur again" in progress.notes[0]


def test_a_word_takes_the_vector_of_another_spelling_where_that_is_asked_for(load, glove):
    words: dict[str, dict[str, int]] = {"word_index": {"The": 1}, "word_counts": {"The": 3}}
    assert load(glove, any_spelling=True, **words).matrix[1].tolist() == [0.5, -1]
    assert load(glove, **words).matrix is None


def test_a_file_without_any_word_of_the_vocabulary_is_worth_a_warning(load, glove, progress):
    loaded = load(glove, word_index={"zzz": 1}, word_counts={"zzz": 1})
    assert loaded.matrix is None
    assert loaded.coverage.words_found == 0
    assert "no word of the vocabulary has a vector; the embedding is learnt" in progress.warnings[0]


@pytest.mark.parametrize(("unknown", "warnings"), [(4, 1), (3, 0)])
def test_a_file_with_less_than_half_of_the_running_words_is_worth_a_warning(load, glove, progress, unknown, warnings):
    loaded = load(glove, word_index={"the": 1, "zzz": 2}, word_counts={"the": 3, "zzz": unknown})
    assert loaded.matrix[1].any()
    assert loaded.coverage.suffices is not bool(warnings)
    assert ["only 43% of the running words have a vector" in warning for warning in progress.warnings] == [
        True
    ] * warnings


def test_progress_counts_the_bytes_of_the_file(load, tmp_path, progress):
    path = tmp_path / "big.txt.gz"
    path.write_bytes(gzip.compress(b"".join(b"w%d 1 2\n" % i for i in range(12_000))))
    load(path)
    size = path.stat().st_size
    assert progress.stages == [("Reading big.txt.gz", size)]
    assert progress.done == sorted(progress.done)
    assert progress.done[-1] == size
    assert len(progress.done) == 3


def test_the_table_that_ships_is_whole_and_small():
    path = assets_folder() / "vectors" / BOX_FILE
    table = read_table(path)
    assert path.stat().st_size <= 8_000_000
    assert (len(table.words), table.dimension) == (50_000, 100)
    assert table.words[:3] == ("the", ",", ".")
