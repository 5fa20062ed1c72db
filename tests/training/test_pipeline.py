"""One run from a file to a registered version: what it registers, and that it registers nothing when it fails."""

import json
import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from model import phrases
from model.bundle import CARD, MANIFEST, REPORT, read_manifest, verify
from model.errors import RegistryError
from model.registry import Registry
from model.savedmodel import SavedModelEngine
from tests.training.recording import RecordingProgress
from tests.training.small import SMALL, figures, write_glove, write_messages
from training import pipeline
from training.data.dataset import load_dataset
from training.errors import DataError, TrainingError, VectorsError
from training.evaluation import evaluate
from training.fit import Fit
from training.pipeline import Target, train
from training.preparation import DataSource, prepare
from training.promotion import Promotion
from training.report import write_report


def run(
    folder,
    data,
    *,
    preset=SMALL,
    vectors="none",
    name="messages",
    progress=None,
    promote="never",
    names=None,
    **options,
):
    target = Target(Registry(folder / "models"), name, promote, label_names=names)
    return train(DataSource(data, vectors=str(vectors)), preset, target, progress or RecordingProgress(), **options)


@pytest.fixture(autouse=True)
def no_report(monkeypatch):
    """Drawing takes most of a small run; the run that the tests share has a report, those of single tests do not."""
    monkeypatch.setattr(pipeline, "write_report", lambda folder, contents: None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pipeline")
    write_messages(folder / "messages.csv", rows_per_class=40)
    write_glove(folder / "glove.txt")
    return folder


@pytest.fixture(scope="module")
def outcome(folder):
    return run(folder, folder / "messages.csv", vectors=folder / "glove.txt", preset=SMALL.adapted(epochs=6))


@pytest.fixture(scope="module")
def bundle(outcome):
    return verify(outcome.folder)


@pytest.fixture(scope="module")
def prepared(folder):
    source = DataSource(folder / "messages.csv", vectors=str(folder / "glove.txt"))
    return prepare(source, SMALL, RecordingProgress())


def test_the_first_version_serves_and_its_folder_is_a_whole_bundle(folder, outcome, bundle):
    assert (outcome.name, outcome.version, outcome.serves) == ("messages", 1, True)
    assert outcome.folder == folder / "models" / "messages" / "1" == bundle.folder
    assert Registry(folder / "models").current("messages") == 1


def test_the_checkpoint_is_gone_after_success(folder, outcome):
    assert sorted(path.name for path in outcome.folder.parent.iterdir()) == [".lock", "1", "current"]


def test_the_manifest_says_what_was_learnt_from(bundle, prepared):
    manifest = bundle.manifest
    dataset = prepared.dataset
    assert manifest.data is not None
    assert manifest.data.model_dump() == {
        "source": "messages.csv",
        "sha256": dataset.fingerprint,
        "rows": 120,
        "split": {"train": 96, "validation": 12, "test": 12},
    }
    assert manifest.labels == ("c0", "c1", "c2")
    assert manifest.vectors == {"source": "glove.txt", "coverage": prepared.vectors.coverage.as_dict()}
    assert manifest.vectors["coverage"]["words_found"] > 0
    assert bundle.encoder.tokenizer.word_index == prepared.encoder.tokenizer.word_index


def test_the_phrases_of_the_bundle_are_those_of_the_training_rows(bundle, prepared):
    found = phrases.read(bundle)
    assert found is not None
    assert (found.layer, found.width, len(found.filters)) == ("convolution", 2, 4)
    rows = [prepared.encoder.tokenizer.tokenize(prepared.dataset.texts[row]) for row in prepared.split.train]
    pairs = {pair for row in rows for pair in pairwise(row)}
    told = [phrase.words for each in found.filters for phrase in each.phrases]
    assert told
    assert set(told) <= pairs


def test_labels_keep_their_names_from_version_to_version(folder, tmp_path):
    data, names = folder / "messages.csv", {"c0": "Class nought", "c2": "Class two"}
    read = [
        read_manifest(run(tmp_path, data, names=given).folder).label_names for given in (names, None, {"c1": "One"}, {})
    ]
    assert read == [names, names, {"c1": "One"}, {}]


def test_a_name_for_what_is_no_label_is_refused_before_anything_is_learnt(folder, tmp_path):
    progress = RecordingProgress()
    with pytest.raises(TrainingError, match=r"There is a name for 'c9', but the labels are 'c0', 'c1', 'c2'\."):
        run(tmp_path, folder / "messages.csv", names={"c9": "Nine"}, progress=progress)
    assert not [name for name, *_ in progress.of("stage") if name.startswith("epoch")]


def test_the_manifest_says_how_it_was_learnt(bundle, outcome):
    training, network = bundle.manifest.training, bundle.manifest.network
    assert (bundle.manifest.preset, training["epochs"], training["seed"]) == ("small", 6, 3)
    assert training["epochs_run"] == len(outcome.history.records)
    assert training["best"]["epoch"] == outcome.history.best_epoch
    assert training["best"]["validation_loss"] == min(r.validation_loss for r in outcome.history.records)
    assert (network["classes"], network["units"], network["embedding_frozen"]) == (3, 5, True)


def test_the_manifest_says_what_the_network_is(bundle):
    table = [(layer.name, layer.shape, layer.parameters, layer.trainable) for layer in bundle.manifest.layers]
    assert table == [
        ("ids", (12,), 0, False),
        ("embedding", (12, 4), 320, False),
        ("embedding_dropout", (12, 4), 0, False),
        ("convolution", (11, 4), 36, True),
        ("pooling", (5, 4), 0, False),
        ("lstm", (5,), 200, True),
        ("probabilities", (3,), 18, True),
    ]
    assert bundle.manifest.parameters.model_dump() == {"total": 574, "trainable": 254, "frozen": 320}


def test_the_metrics_are_those_of_the_bundle_on_the_test_rows(bundle, prepared, outcome):
    test = prepared.examples(prepared.split.test)
    own = evaluate(SavedModelEngine(bundle).probabilities(test.ids), test.targets, bundle.manifest.labels)
    metrics = bundle.manifest.metrics
    assert metrics["split"] == "test"
    assert metrics["rows"] == 12
    assert metrics["log_loss"] == pytest.approx(own.log_loss, abs=1e-5)
    assert metrics["accuracy"] == own.accuracy == outcome.evaluation.accuracy
    assert metrics["confusion"] == [list(row) for row in own.confusion]


def test_the_baseline_is_there_on_the_same_rows(bundle, outcome):
    baseline = bundle.manifest.metrics["baseline"]
    assert baseline["rows"] == 12
    assert baseline["accuracy"] == 1.0 == outcome.baseline.accuracy  # a word tells the classes apart
    assert baseline["log_loss"] == outcome.baseline.log_loss


def test_the_card_is_inside_and_sealed(bundle, prepared):
    assert CARD in bundle.manifest.files
    text = (bundle.folder / CARD).read_text(encoding="utf-8")
    assert text.startswith("# messages\n")
    assert prepared.dataset.fingerprint in text


def test_the_report_is_inside_and_sealed(bundle):
    page = f"{REPORT}/report.html"
    assert page in bundle.manifest.files
    assert sum(name.endswith(".png") for name in bundle.manifest.files) == 7
    text = (bundle.folder / page).read_text(encoding="utf-8")
    assert "messages" in text
    assert f"{bundle.manifest.metrics['baseline']['log_loss']:.3f}" in text


def test_no_sentence_of_the_data_is_in_any_file_of_the_bundle(folder, bundle):
    texts = load_dataset(folder / "messages.csv").texts
    files = [path for path in bundle.folder.rglob("*") if path.is_file()]
    assert len(files) > 8
    for path in files:
        content = path.read_bytes().lower()
        assert b"on day" not in content, path
        assert not [text for text in texts if text.lower().encode() in content], path
        assert str(folder).encode() not in content, path


def test_the_outcome_is_json_and_a_summary(outcome):
    content = json.loads(json.dumps(outcome.as_dict(), allow_nan=False))
    assert content["folder"] == str(outcome.folder)
    assert content["version"] == 1
    assert list(content["seconds"]) == ["prepare", "fit", "evaluate", "export"]
    assert content["history"]["records"][0]["epoch"] == 1
    text = outcome.summary()
    assert f"network   log loss {outcome.evaluation.log_loss:.4f}" in text
    assert f"baseline  log loss {outcome.baseline.log_loss:.4f}" in text
    assert str(outcome.folder / REPORT / "report.html") in text


@pytest.mark.parametrize(
    ("ours", "serves", "said"),
    [
        (0.0, True, ["and serves", "beats the baseline"]),
        (9.9, True, ["LOSES to the baseline"]),
        (0.0, False, ["does not serve yet: python -m app models promote 1 --name messages"]),
    ],
)
def test_the_summary_gives_the_verdict_and_the_next_step(outcome, ours, serves, said):
    summary = replace(
        outcome, promotion=Promotion(serves, "said"), evaluation=replace(outcome.evaluation, log_loss=ours)
    ).summary()
    assert [each for each in said if each not in summary] == []


def test_stages_come_in_order(folder, tmp_path):
    progress = RecordingProgress()
    run(tmp_path, folder / "messages.csv", progress=progress)
    assert [name for name, _ in progress.of("stage")] == [
        "reading messages.csv",
        "epoch 1 of 2",
        "epoch 2 of 2",
        "evaluate",
        "export",
    ]
    assert progress.of("note")[0] == ("computing on the CPU",)


def test_two_runs_of_a_seed_are_bit_equal_and_one_of_another_is_not(folder, tmp_path):
    ids = np.random.default_rng(0).integers(0, 30, (50, 12)).astype(np.int32)

    def answer(seed):
        outcome = run(tmp_path, folder / "messages.csv", preset=SMALL.adapted(seed=seed))
        return outcome, SavedModelEngine(verify(outcome.folder)).probabilities(ids)

    (first, one), (second, two), (_, three) = answer(1), answer(1), answer(2)
    assert np.array_equal(one, two)
    assert figures(first.history) == figures(second.history)
    assert first.evaluation == second.evaluation
    assert first.baseline == second.baseline
    assert not np.array_equal(one, three)


@pytest.mark.parametrize("classes", [2, 5])
def test_any_number_of_classes_comes_from_the_data(tmp_path, classes):
    outcome = run(tmp_path, write_messages(tmp_path / "data.csv", classes=classes))
    bundle = verify(outcome.folder)
    assert bundle.manifest.labels == tuple(f"c{number}" for number in range(classes))
    ids, _ = bundle.encoder.encode(["On day 3 the harbour was dim"])
    probabilities = SavedModelEngine(bundle).probabilities(ids)
    assert probabilities.shape == (1, classes)
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_without_vectors_the_embedding_is_learnt(folder, tmp_path):
    manifest = verify(run(tmp_path, folder / "messages.csv", vectors="none").folder).manifest
    assert manifest.parameters.frozen == 0
    assert {layer.name: layer.trainable for layer in manifest.layers}["embedding"]
    assert manifest.vectors == {"source": "none", "coverage": None}


def test_a_later_version_serves_only_where_it_is_promoted(folder, tmp_path):
    registry = Registry(tmp_path / "models")
    run(tmp_path, folder / "messages.csv")
    second = run(tmp_path, folder / "messages.csv")
    assert (second.version, second.serves, registry.current("messages")) == (2, False, 1)
    third = run(tmp_path, folder / "messages.csv", promote="always")
    assert (third.version, third.serves, registry.current("messages")) == (3, True, 3)


def registered(folder):
    return Registry(folder / "models").versions("messages")


def test_a_fit_that_diverges_registers_nothing(folder, tmp_path):
    glove = tmp_path / "huge.txt"
    lines = (folder / "glove.txt").read_text(encoding="utf-8").splitlines()
    glove.write_text("\n".join(line.split()[0] + " 3e38" * 4 for line in lines) + "\n", encoding="utf-8")
    with pytest.raises(TrainingError, match="not finite: the fit diverged"):
        run(tmp_path, folder / "messages.csv", vectors=glove)
    assert registered(tmp_path) == []


def test_an_export_that_differs_registers_nothing_and_keeps_the_checkpoint(folder, tmp_path, monkeypatch):
    right = SavedModelEngine.probabilities
    with monkeypatch.context() as patch:
        patch.setattr(SavedModelEngine, "probabilities", lambda self, ids: right(self, ids) * np.float32(1.01))
        with pytest.raises(TrainingError, match="was not registered"):
            run(tmp_path, folder / "messages.csv")
    assert registered(tmp_path) == []
    progress = RecordingProgress()
    assert run(tmp_path, folder / "messages.csv", resume=True, progress=progress).version == 1
    assert ("going on after epoch 2",) in progress.of("note")


class StoppedError(Exception):
    """Stands for the end of the process."""


def stop_after_epoch_one(folder, data, monkeypatch, **options):
    epoch = Fit._epoch

    def first_only(self, number, *rest):
        if number > 1:
            raise StoppedError
        return epoch(self, number, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Fit, "_epoch", first_only)
        with pytest.raises(StoppedError):
            run(folder, data, **options)


@pytest.mark.parametrize("change", ["seed", "data", "vectors"], ids=["another seed", "other data", "other vectors"])
def test_the_checkpoint_of_another_run_is_left_alone(folder, tmp_path, monkeypatch, change):
    stop_after_epoch_one(tmp_path, folder / "messages.csv", monkeypatch)
    (kept,) = (tmp_path / "models" / "messages" / ".checkpoints").iterdir()
    options = {
        "seed": {"data": folder / "messages.csv", "preset": SMALL.adapted(seed=9)},
        "data": {"data": write_messages(tmp_path / "other.csv")},
        "vectors": {"data": folder / "messages.csv", "vectors": folder / "glove.txt"},
    }[change]
    progress = RecordingProgress()
    run(tmp_path, progress=progress, resume=True, **options)
    assert any("starting from the beginning" in message for (message,) in progress.of("note"))
    assert kept.exists()


def test_a_damaged_checkpoint_is_refused_and_its_remedy_works(folder, tmp_path, monkeypatch):
    stop_after_epoch_one(tmp_path, folder / "messages.csv", monkeypatch)
    (checkpoint,) = (tmp_path / "models" / "messages" / ".checkpoints").iterdir()
    checkpoint.write_bytes(checkpoint.read_bytes()[:-5])
    with pytest.raises(TrainingError, match="is no checkpoint .*Delete it, or train without --resume"):
        run(tmp_path, folder / "messages.csv", resume=True)
    assert registered(tmp_path) == []
    assert run(tmp_path, folder / "messages.csv").version == 1


def test_the_weights_of_the_best_epoch_are_what_is_exported(folder, tmp_path, monkeypatch):
    losses = iter([0.9, 0.5, 0.8, 0.7, 0.6])
    weights = []

    def measure(self, _):
        weights.append([variable.numpy() for variable in self._learnt])
        return next(losses), 0.5

    monkeypatch.setattr(Fit, "_measure", measure)
    exported = {}

    def keep(target, prepared, network, *rest):
        exported["weights"] = [variable.numpy() for variable in network.weights]
        return export(target, prepared, network, *rest)

    export = pipeline._export
    monkeypatch.setattr(pipeline, "_export", keep)
    outcome = run(tmp_path, folder / "messages.csv", preset=SMALL.adapted(epochs=20, patience=3))
    assert (len(outcome.history.records), outcome.history.best_epoch) == (5, 2)
    assert all(np.array_equal(a, b) for a, b in zip(exported["weights"], weights[1], strict=True))
    best: Any = verify(outcome.folder).manifest.training["best"]
    assert best["epoch"] == 2
    assert math.isclose(best["validation_loss"], 0.5)


@pytest.mark.parametrize("name", ["", "../up", ".hidden", "a/b", "x" * 65])
def test_a_name_that_no_model_can_have_is_refused_before_anything_is_read(tmp_path, name):
    with pytest.raises(RegistryError, match="is no name for a model"):
        run(tmp_path, tmp_path / "there is no such file.csv", name=name)
    assert list(tmp_path.iterdir()) == []


def test_data_and_vectors_that_cannot_be_read_leave_no_model(folder, tmp_path):
    with pytest.raises(DataError):
        run(tmp_path, tmp_path / "missing.csv")
    with pytest.raises(VectorsError):
        run(tmp_path, folder / "messages.csv", vectors=tmp_path / "missing.txt")
    assert Registry(tmp_path / "models").names() == []


def test_what_was_left_out_of_the_data_is_told_in_the_report_without_its_text(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "write_report", write_report)
    data = write_messages(tmp_path / "messages.csv")
    with data.open("a", encoding="utf-8") as file:
        file.write('"A sentence under two labels",c0\n"A sentence under two labels",c1\n')
    folder = run(tmp_path, data).folder
    page = (folder / REPORT / "report.html").read_text(encoding="utf-8")
    assert "same text under two labels" in page
    assert "sentence under two labels" not in page.replace("same text under two labels", "")
    assert "A sentence" not in (folder / MANIFEST).read_text(encoding="utf-8")
