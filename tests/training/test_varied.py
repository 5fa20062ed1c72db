"""Data of every kind: sizes that fit them, and a network that learns from them, without a word about either."""

from typing import Any

import numpy as np
import pytest

from model.bundle import verify
from model.network_config import NetworkConfig
from model.registry import Registry
from tests.training.recording import RecordingProgress
from tests.varied import VARIED, write
from training import pipeline
from training.config import TrainingConfig
from training.data.problems import InvalidDataError, Kind
from training.preparation import DataSource, prepare
from training.presets import ACCURATE, Preset

UNUSABLE = {"one-text": Kind.CONFLICT, "rare-classes": Kind.SMALL_CLASS}
USABLE = sorted(VARIED.keys() - UNUSABLE)
TOY = Preset(
    "toy",
    "for tests",
    NetworkConfig(
        vocabulary_size=300,
        embedding_dim=6,
        embedding_frozen=False,
        sequence_length=28,
        filters=4,
        pool=12,
        units=4,
        ngram_buckets=64,
        embedding_dtype="float16",
    ),
    TrainingConfig(epochs=1, batch_size=256),
    adapts=True,
    cased=True,
)


@pytest.fixture
def source(tmp_path):
    return lambda name: DataSource(write(tmp_path / "data.csv", VARIED[name]()), vectors="none")


@pytest.mark.parametrize("name", USABLE)
def test_sizes_fit_the_data(source, name):
    prepared = prepare(source(name), ACCURATE, RecordingProgress())
    network, longest = prepared.network, ACCURATE.network.sequence_length
    fitting = np.mean(prepared.token_lengths <= network.sequence_length)
    assert fitting >= 0.98 or network.sequence_length > longest - network.pool
    assert network.windows == network.steps * network.pool
    assert prepared.ids.shape == (len(prepared.dataset), network.sequence_length)
    assert prepared.ids[prepared.split.train].any(axis=1).all()  # a text has a word that the network sees
    assert prepared.ids.max() < network.vocabulary_size == len(prepared.encoder.tokenizer.word_index) + 1
    assert network.classes == len(prepared.dataset.labels)


@pytest.mark.parametrize(("name", "kind"), UNUSABLE.items())
def test_what_cannot_be_learnt_from_is_refused_and_said(source, name, kind):
    with pytest.raises(InvalidDataError) as caught:
        prepare(source(name), ACCURATE, RecordingProgress())
    assert kind in [problem.kind for problem in caught.value.problems]


@pytest.mark.parametrize("name", ["han", "few-rows"])
def test_a_network_learns_more_than_the_shares_of_the_classes(source, tmp_path, monkeypatch, name):
    monkeypatch.setattr(pipeline, "write_report", lambda folder, contents: None)
    target = pipeline.Target(Registry(tmp_path / "models"), "varied")
    outcome = pipeline.train(source(name), TOY, target, RecordingProgress())
    metrics: Any = verify(outcome.folder).manifest.metrics
    shares = np.array([each["support"] for each in metrics["per_class"]]) / metrics["rows"]
    assert metrics["log_loss"] < 0.9 * -(shares * np.log(shares)).sum()
