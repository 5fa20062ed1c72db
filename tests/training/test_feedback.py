"""Feedback joins what is learnt from, corrects it, and never touches what is held out."""

import json

import numpy as np
import pytest

from model.bundle import verify
from model.registry import Registry
from tests.training.recording import RecordingProgress
from tests.training.small import SMALL, write_messages
from training import pipeline
from training.data.dataset import load_dataset
from training.data.problems import InvalidDataError
from training.data.rows import Row
from training.data.splitting import split_by_text
from training.feedback import join, read_feedback
from training.preparation import DataSource, prepare


@pytest.fixture
def data(tmp_path):
    return write_messages(tmp_path / "messages.csv")


@pytest.fixture
def dataset(data):
    return load_dataset(data)


@pytest.fixture
def split(dataset):
    return split_by_text(dataset.texts, dataset.targets)


def write(path, *rows):
    path.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows), "utf-8")
    return path


def other(label):
    return "c1" if label == "c0" else "c0"


def test_each_text_has_one_fate(dataset, split):
    train, validation, test = (part[0] for part in (split.train, split.validation, split.test))
    label_of = {row: dataset.labels[dataset.targets[row]] for row in (*split.train, validation, test)}
    known, corrected = split.train[1], train
    feedback = [
        Row(1, "A text that is new", "c2"),
        Row(2, dataset.texts[corrected].upper(), other(label_of[corrected])),
        Row(3, dataset.texts[known], label_of[known]),
        Row(4, dataset.texts[validation], other(label_of[validation])),
        Row(5, dataset.texts[test], label_of[test]),
        Row(6, "Another new text", "unheard of"),
    ]
    joined, dealt, counts = join(dataset, split, feedback)
    assert counts.as_dict() == {
        "rows": 6, "joined": 1, "corrected": 1, "known": 1, "held_out": 2, "unknown_label": 1,
    }  # fmt: skip
    assert joined.texts == (*dataset.texts, "A text that is new")
    assert joined.labels[joined.targets[-1]] == "c2"
    assert joined.labels[joined.targets[corrected]] == other(label_of[corrected])
    assert dealt.train.tolist() == [*split.train.tolist(), 90]
    assert counts.sentence.startswith(
        "Of 6 feedback texts 1 joined the training rows and 1 corrected a label; left out"
    )


def test_what_is_held_out_stays_as_it_is_whatever_the_feedback_says(dataset, split):
    everything = [Row(1, text, "c0") for text in (*dataset.texts, "new")]
    joined, dealt, counts = join(dataset, split, everything)
    assert np.array_equal(dealt.test, split.test)
    assert np.array_equal(dealt.validation, split.validation)
    for rows in (split.test, split.validation):
        assert np.array_equal(joined.targets[rows], dataset.targets[rows])
    assert counts.held_out == len(split.test) + len(split.validation)
    assert set(joined.targets[split.train]) == {0}


def test_without_feedback_nothing_changes(dataset, split):
    joined, dealt, counts = join(dataset, split, [])
    assert (joined.texts, joined.fingerprint) == (dataset.texts, dataset.fingerprint)
    assert joined.targets.dtype == np.int32
    assert dealt.train.dtype == np.int64
    assert set(counts.as_dict().values()) == {0}


def test_what_was_joined_or_corrected_makes_it_other_data(dataset, split):
    row = split.train[0]
    corrected = join(dataset, split, [Row(1, dataset.texts[row], other(dataset.labels[dataset.targets[row]]))])[0]
    joined = join(dataset, split, [Row(1, "new", "c0")])[0]
    assert len({dataset.fingerprint, corrected.fingerprint, joined.fingerprint}) == 3


def test_a_file_is_read_and_of_a_text_the_last_label_counts(tmp_path):
    path = write(tmp_path / "export", ("One", "a"), ("two", "b"), ("  one ", "c"))
    assert [(row.text.strip(), row.label) for row in read_feedback(path)] == [("one", "c"), ("two", "b")]


def test_an_empty_file_has_no_rows(tmp_path):
    (tmp_path / "empty.jsonl").write_bytes(b"")
    assert read_feedback(tmp_path / "empty.jsonl") == []


@pytest.mark.parametrize("content", ["{", '{"body": "a", "label": "b"}', '["a", "b"]', '{"text": 3, "label": "b"}'])
def test_a_file_of_another_form_is_refused(tmp_path, content):
    (tmp_path / "odd.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidDataError, match=r"odd\.jsonl"):
        read_feedback(tmp_path / "odd.jsonl")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises((InvalidDataError, OSError), match="none.jsonl"):
        read_feedback(tmp_path / "none.jsonl")


def test_the_vocabulary_the_checkpoint_and_the_manifest_know_of_it(data, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "write_report", lambda folder, contents: None)
    feedback = write(tmp_path / "feedback.jsonl", ("A zeppelin over the harbour", "c1"))
    plain = prepare(DataSource(data, vectors="none"), SMALL, RecordingProgress())
    source = DataSource(data, vectors="none", feedback=feedback)
    given = prepare(source, SMALL, RecordingProgress())
    assert "zeppelin" in given.encoder.tokenizer.word_index
    assert given.identity() != plain.identity()
    target = pipeline.Target(Registry(tmp_path / "models"), "messages")
    outcome = pipeline.train(source, SMALL, target, RecordingProgress())
    manifest = verify(outcome.folder).manifest
    expected = {"rows": 1, "joined": 1, "corrected": 0, "known": 0, "held_out": 0, "unknown_label": 0}
    assert outcome.feedback == manifest.training["feedback"] == expected
    assert manifest.data is not None
    assert (manifest.data.rows, manifest.data.split["train"], manifest.data.split["test"]) == (91, 73, 9)
