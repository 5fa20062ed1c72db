"""The reference network on the real sentences and vectors: trained and exported; what ships, measured again."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from model import phrases
from model.bundle import verify
from model.engine import load_engine
from model.folded_engine import BATCH_SIZES, FoldedEngine
from model.network import build
from model.network_config import NetworkConfig
from model.savedmodel import SavedModelEngine
from tests.test_documents import CARD, ROOT
from training.data.dataset import load_dataset
from training.data.splitting import split_by_text
from training.evaluation import evaluate

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def real() -> Path:
    return Path(os.environ["TERCET_ACCEPTANCE_DATA"]).resolve()


@pytest.fixture(scope="module")
def dataset(real):
    return load_dataset(real / "spooky" / "train.csv")


@pytest.fixture(scope="module")
def outcome(real, tmp_path_factory):
    """Ten epochs, as a user trains them."""
    folder = tmp_path_factory.mktemp("reference")
    command = [sys.executable, "-m", "training", "train", "--json", "--epochs", "10"]
    places = {
        "--data": real / "spooky" / "train.csv",
        "--label-column": "author",
        "--vectors": real / "glove.6B.100d.top100k.txt.gz",
        "--preset": "reference",
        "--name": "spooky-authors",
        "--models": folder / "models",
        "--cache": folder / "cache",
    }
    options = [str(word) for pair in places.items() for word in pair]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_ten_epochs_learn_far_more_than_the_shares_of_the_classes(outcome):
    assert outcome["event"] == "result"
    assert outcome["evaluation"]["log_loss"] < 0.85
    assert outcome["evaluation"]["accuracy"] > 0.60


def test_the_baseline_is_measured_on_the_same_rows_and_is_the_better_one(outcome):
    assert outcome["baseline"]["rows"] == outcome["evaluation"]["rows"] == 1_762
    assert outcome["baseline"]["log_loss"] < 0.42
    assert outcome["baseline"]["accuracy"] > 0.83


def test_the_bundle_fits_into_12_mb(outcome):
    size = sum(path.stat().st_size for path in Path(outcome["folder"]).rglob("*") if path.is_file())
    assert size <= 12_000_000


def test_the_bundle_answers_as_keras_with_the_same_weights_on_every_real_row(outcome, dataset):
    bundle = verify(Path(outcome["folder"]))
    engine = SavedModelEngine(bundle)
    ids, _ = bundle.encoder.encode(dataset.texts)
    network = build(NetworkConfig(), np.zeros((20_000, 100), dtype=np.float32))
    saved = tf.saved_model.load(outcome["folder"]).weights
    network.set_weights([saved[weight.path].numpy() for weight in network.weights])
    expected = network.predict(ids, batch_size=1024, verbose=0)
    given = in_batches(engine, ids, 1024)
    assert np.abs(given - expected).max() <= 1e-5
    np.testing.assert_allclose(given.sum(axis=1), 1, atol=1e-5)


@pytest.fixture(scope="module", params=["1", "2"])
def shipped(request):
    return verify(CARD.parent / request.param)


@pytest.fixture(scope="module")
def real_rows(shipped, dataset):
    """The ids of every real row, and what the SavedModel of the bundle that ships answers for them."""
    ids, _ = shipped.encoder.encode(dataset.texts)
    return ids, in_batches(SavedModelEngine(shipped), ids, 1024)


@pytest.fixture(scope="module")
def compiled(shipped):
    engine = load_engine(shipped)
    engine.compile()
    return engine


def in_batches(engine, ids, rows):
    return np.concatenate([engine.probabilities(ids[i : i + rows]) for i in range(0, len(ids), rows)])


def test_the_fold_answers_as_the_savedmodel_on_every_real_row(shipped, real_rows):
    ids, expected = real_rows
    engine = load_engine(shipped)
    assert isinstance(engine, FoldedEngine)
    assert np.abs(in_batches(engine, ids, 1024) - expected).max() <= 1e-5


@pytest.mark.parametrize("rows", [*BATCH_SIZES, 2, 23, 128, 1024])
def test_the_compiled_fold_does_so_for_every_batch_size(compiled, real_rows, rows):
    ids, expected = real_rows
    assert np.abs(in_batches(compiled, ids, rows) - expected).max() <= 1e-5


def test_the_figures_in_the_bundle_that_ships_are_measured_again(shipped, dataset):
    rows = split_by_text(dataset.texts, dataset.targets).test
    ids, _ = shipped.encoder.encode([dataset.texts[row] for row in rows])
    again = evaluate(SavedModelEngine(shipped).probabilities(ids), dataset.targets[rows], dataset.labels)
    metrics: dict[str, Any] = shipped.manifest.metrics
    assert again.rows == metrics["rows"]
    assert again.accuracy == pytest.approx(metrics["accuracy"], abs=1e-3)
    assert again.log_loss == pytest.approx(metrics["log_loss"], abs=1e-4)


def test_no_real_sentence_is_in_what_ships(dataset, shipped):
    """Neither as it was written, nor as words that follow each other in a table of the vocabulary."""
    content = b"".join(path.read_bytes() for path in sorted((ROOT / "assets").rglob("*")) if path.is_file())
    listed = " ".join(shipped.encoder.tokenizer.word_index)
    long_texts = [text for text in dataset.texts if len(text) > 40]
    assert not [text for text in long_texts[::7] if text[:40].encode() in content]
    assert not [text for text in long_texts if " ".join(shipped.encoder.tokenizer.tokenize(text)[:8]) in listed]


def test_no_phrase_that_ships_is_a_whole_text(shipped, dataset):
    found = phrases.read(shipped)
    assert found is not None
    filters = {"1": 64, "2": 128}[shipped.folder.name]
    assert (found.layer, found.width, len(found.filters)) == ("convolution", 5, filters)
    tokenizer = shipped.encoder.tokenizer
    known = {word for word, id_ in tokenizer.word_index.items() if id_ < tokenizer.size}
    texts = {
        tuple(word for word in shipped.encoder.tokenizer.tokenize(text) if word in known) for text in dataset.texts
    }
    told = {phrase.words for each in found.filters for phrase in each.phrases}
    assert len(told) > 200
    assert not told & texts
