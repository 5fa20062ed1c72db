"""The real vectors: what the table in the box loses, and how much of the real texts it covers."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from model.assets import assets_folder
from model.tokenizer import Tokenizer
from training.progress import SilentProgress
from training.vectors.load import BOX_FILE, load_vectors
from training.vectors.table import pack, read_table

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def data():
    return Path(os.environ["TERCET_ACCEPTANCE_DATA"])


@pytest.fixture(scope="module")
def tokenizer(data):
    with (data / "spooky" / "train.csv").open(encoding="utf-8", newline="") as file:
        return Tokenizer.fit([row["text"] for row in csv.DictReader(file)], num_words=20_000)


def load(choice, tokenizer, cache_folder=None):
    return load_vectors(
        str(choice),
        word_index=tokenizer.word_index,
        word_counts=tokenizer.word_counts,
        vocabulary_size=20_000,
        dimension=100,
        cache_folder=cache_folder,
        progress=SilentProgress(),
    )


@pytest.fixture(scope="module")
def glove(data):
    return data / "glove.6B.100d.top100k.txt.gz"


def test_the_shipped_table_is_what_packing_the_real_file_gives(glove, tmp_path):
    report = pack(str(glove), tmp_path / BOX_FILE, progress=SilentProgress())
    made, shipped = read_table(tmp_path / BOX_FILE), read_table(assets_folder() / "vectors" / BOX_FILE)
    assert made.words == shipped.words
    assert made.rows().tobytes() == shipped.rows().tobytes()
    assert report.rms_error_share < 0.007
    assert report.min_cosine > 0.9999
    assert report.max_abs_error < 0.017


def test_the_real_file_covers_the_real_texts_and_the_cache_gives_the_same(glove, tokenizer, tmp_path):
    first = load(glove, tokenizer, tmp_path)
    assert first.matrix.shape == (20_000, 100)
    assert (first.coverage.words_found, first.coverage.words_total) == (17_796, 19_999)
    assert (first.coverage.tokens_found, first.coverage.tokens_total) == (439_413, 465_033)
    second = load(glove, tokenizer, tmp_path)
    assert second.matrix.tobytes() == first.matrix.tobytes()
    assert second.coverage == first.coverage


def test_the_box_agrees_with_the_real_file_on_the_words_it_has(glove, tokenizer):
    real, box = load(glove, tokenizer), load("box", tokenizer)
    assert (box.coverage.words_found, box.coverage.tokens_found) == (13_759, 426_927)
    filled = box.matrix.any(axis=1)
    np.testing.assert_allclose(box.matrix[filled], real.matrix[filled], atol=0.017)
