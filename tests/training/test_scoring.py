"""Figures of a bundle on a file, against scikit-learn on the same rows; answers for one text."""

import shutil

import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss

from model.bundle import TOKENIZER, verify
from model.errors import BundleError, RegistryError
from model.registry import Registry
from model.savedmodel import SavedModelEngine
from tests.bundles import LABELS, make_bundle
from tests.training.recording import RecordingProgress
from training import scoring
from training.errors import DataError

TEXTS = (
    "the sea was calm",
    "a storm came over the sea",
    "the snow began to thaw",
    "calm and more calm",
    "a storm",
    "nothing known here",
    "snow over the calm sea",
)
TRUTH = ("calm", "storm", "thaw", "storm", "storm", "calm", "thaw")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    models = tmp_path_factory.mktemp("scoring") / "models"
    make_bundle(models)
    make_bundle(models, seed=1)
    return models


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "held-out.csv"
    rows = [f"{text},{label}" for text, label in zip(TEXTS, TRUTH, strict=True)]
    path.write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    return path


def expected(folder):
    """Probabilities straight from the graph, ids by the bundle's own tokenizer and Keras's padding."""
    bundle = verify(folder)
    ids = keras.utils.pad_sequences(
        [bundle.encoder.tokenizer.encode(text) for text in TEXTS], bundle.manifest.sequence_length
    )
    return SavedModelEngine(bundle).probabilities(ids.astype(np.int32)).astype(np.float64)


@pytest.mark.parametrize("chunk", [1024, 3])
def test_the_figures_are_those_of_scikit_learn(models, data, monkeypatch, chunk):
    monkeypatch.setattr(scoring, "CHUNK_ROWS", chunk)
    folder = models / "toy" / "1"
    score = scoring.score(folder, data, None, None, RecordingProgress())
    probabilities = expected(folder)
    truth = np.array([LABELS.index(label) for label in TRUTH])
    predicted = probabilities.argmax(axis=1)
    figures = score.evaluation
    normal = probabilities / probabilities.sum(axis=1, keepdims=True)
    assert figures.log_loss == pytest.approx(log_loss(truth, normal, labels=[0, 1, 2]), abs=1e-6)
    assert figures.accuracy == accuracy_score(truth, predicted)
    assert figures.macro_f1 == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert np.array_equal(figures.confusion, confusion_matrix(truth, predicted, labels=[0, 1, 2]))
    assert (figures.rows, score.source) == (7, "held-out.csv")


def test_the_share_of_known_words_counts_every_word(models, data):
    score = scoring.score(models / "toy" / "1", data, None, None, RecordingProgress())
    tokenizer = verify(models / "toy" / "1").encoder.tokenizer
    words = [word for text in TEXTS for word in text.split()]
    known = sum(tokenizer.word_index.get(word, 99) < 12 for word in words)
    assert score.known_share == known / len(words)
    assert 0 < score.known_share < 1


def test_progress_is_told_in_rows(models, data, monkeypatch):
    monkeypatch.setattr(scoring, "CHUNK_ROWS", 3)
    progress = RecordingProgress()
    scoring.score(models / "toy" / "1", data, None, None, progress)
    assert ("classifying", 7) in progress.of("stage")
    assert [done for done, _ in progress.of("advance")][-3:] == [3, 6, 7]


def test_the_columns_may_have_other_names(models, data):
    data.write_text(data.read_text(encoding="utf-8").replace("text,label", "body,kind"), encoding="utf-8")
    score = scoring.score(models / "toy" / "1", data, "body", "kind", RecordingProgress())
    assert score.evaluation.rows == 7


def test_the_table_has_a_line_a_class(models, data):
    score = scoring.score(models / "toy" / "1", data, None, None, RecordingProgress())
    head, overall, *classes = scoring.table(score).splitlines()
    assert head == f"held-out.csv: 7 rows, {score.known_share:.1%} of their words known"
    assert f"accuracy {score.evaluation.accuracy:.4f}" in overall
    assert [line.split()[0] for line in classes] == list(LABELS)
    assert len({line.index("precision") for line in classes}) == 1


def test_for_machines_there_is_all_of_it(models, data):
    content = scoring.score(models / "toy" / "1", data, None, None, RecordingProgress()).as_dict()
    assert content["bundle"] == str(models / "toy" / "1")
    assert content["source"] == "held-out.csv"
    assert content.keys() > {"log_loss", "accuracy", "macro_f1", "expected_calibration_error", "confusion", "per_class"}


def test_labels_that_the_bundle_does_not_know_are_refused(models, data):
    data.write_text(data.read_text(encoding="utf-8").replace(",thaw", ",spring"), encoding="utf-8")
    with pytest.raises(DataError, match="unknown labels: 'spring'.*known ones are 'calm', 'storm', 'thaw'"):
        scoring.score(models / "toy" / "1", data, None, None, RecordingProgress())


def test_one_text_gets_the_probabilities_of_the_graph(models):
    answer = scoring.predict(models / "toy" / "1", TEXTS[1])
    assert list(answer.probabilities) == list(LABELS)
    np.testing.assert_allclose(list(answer.probabilities.values()), expected(models / "toy" / "1")[1], atol=1e-6)
    assert (answer.tokens.total, answer.tokens.known) == (6, 6)


def test_the_answer_names_the_most_probable_label_and_ranks_the_rest(models):
    answer = scoring.predict(models / "toy" / "1", "a storm")
    ranked = sorted(answer.probabilities, key=lambda label: -answer.probabilities[label])
    assert answer.as_dict()["label"] == ranked[0]
    lines = scoring.ranking(answer).splitlines()
    assert [line.split()[0] for line in lines] == ranked
    assert len({line.index("0.") for line in lines}) == 1


@pytest.mark.parametrize("text", ["", "   ", "zzz", "\ud800", "\0", "x" * 100_000])
def test_a_text_without_a_known_word_is_answered_and_says_so(models, text):
    answer = scoring.predict(models / "toy" / "1", text)
    assert answer.tokens.known == 0
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_the_version_that_serves_is_found(models, tmp_path):
    copy = Registry(shutil.copytree(models, tmp_path / "models"))
    assert scoring.find_bundle(copy, None) == tmp_path / "models" / "toy" / "1"
    copy.promote("toy", 2)
    assert scoring.find_bundle(copy, "toy") == tmp_path / "models" / "toy" / "2"


def test_several_models_or_none_have_to_be_told_apart(models, tmp_path):
    copy = shutil.copytree(models, tmp_path / "models")
    shutil.copytree(copy / "toy", copy / "other")
    with pytest.raises(RegistryError, match=r"holds these models: other, toy\. Choose with --name or --bundle"):
        scoring.find_bundle(Registry(copy), None)
    assert scoring.find_bundle(Registry(copy), "other") == copy / "other" / "1"
    with pytest.raises(RegistryError, match=r"has no model yet; train one first, or give --bundle"):
        scoring.find_bundle(Registry(tmp_path / "empty"), None)


def test_a_model_or_a_version_that_is_not_there_is_refused(models, tmp_path):
    with pytest.raises(RegistryError, match="no model 'toys'"):
        scoring.find_bundle(Registry(models), "toys")
    copy = shutil.copytree(models, tmp_path / "models")
    (copy / "toy" / "current").write_text("7\n", encoding="utf-8")
    with pytest.raises(RegistryError, match="no version 7; there are: 1, 2"):
        scoring.find_bundle(Registry(copy), None)


def test_a_damaged_bundle_is_refused(models, data, tmp_path):
    folder = shutil.copytree(models / "toy" / "1", tmp_path / "1")
    (folder / TOKENIZER).write_text("{}", encoding="utf-8")
    for use in (
        lambda: scoring.score(folder, data, None, None, RecordingProgress()),
        lambda: scoring.predict(folder, "a storm"),
    ):
        with pytest.raises(BundleError, match=r"tokenizer\.json does not match its sha256"):
            use()
    with pytest.raises(BundleError, match="is not a folder"):
        scoring.predict(tmp_path / "nowhere", "a storm")
