"""The version that serves is asked about the challenger's rows; what is wrong with it is a reason, not an error."""

import shutil

import numpy as np
import pytest

from model.bundle import MANIFEST, verify
from model.registry import Registry
from model.savedmodel import SavedModelEngine
from tests.bundles import LABELS, TEXTS, make_bundle, remanifest
from training import champion
from training.champion import Challenge, compare_with_champion
from training.comparison import Comparison, Uncompared, Why
from training.config import TrainingConfig

SPLIT = {"split": "text", "validation_share": 0.1, "test_share": 0.1}
ROWS = (*TEXTS, "the sea", "a storm", "snow and sea") * 2
TARGETS = np.arange(len(ROWS), dtype=np.int32) % 3


@pytest.fixture
def registry(toy_models, tmp_path):
    shutil.copytree(toy_models, tmp_path / "models")
    registry = Registry(tmp_path / "models")
    remanifest(registry.path("toy", 1), training=SPLIT)
    return registry


def challenge(labels=LABELS, training=None):
    probabilities = np.eye(len(labels), dtype=np.float32)[TARGETS] * 0.7 + 0.3 / len(labels)
    return Challenge(ROWS, TARGETS, labels, probabilities, training or TrainingConfig())


def answers(registry):
    bundle = verify(registry.path("toy", 1))
    ids, _ = bundle.encoder.encode(ROWS)
    return SavedModelEngine(bundle).probabilities(ids)


def test_without_a_version_there_is_nothing_to_compare_with(tmp_path):
    assert compare_with_champion(Registry(tmp_path), "toy", challenge()) is None


def test_the_champion_answers_with_its_own_vocabulary(registry):
    result = compare_with_champion(registry, "toy", challenge())
    assert isinstance(result, Comparison)
    expected = -np.log(answers(registry)[np.arange(len(ROWS)), TARGETS]).mean()
    assert (result.champion.version, result.rows) == (1, len(ROWS))
    assert result.champion.log_loss == pytest.approx(expected, abs=1e-6)
    assert result.challenger.log_loss == pytest.approx(-np.log(0.8), abs=1e-6)
    assert result.better


def test_many_rows_are_asked_in_parts(registry, monkeypatch):
    whole = compare_with_champion(registry, "toy", challenge())
    monkeypatch.setattr(champion, "_CHUNK_ROWS", 5)
    parts = compare_with_champion(registry, "toy", challenge())
    assert isinstance(whole, Comparison)
    assert isinstance(parts, Comparison)
    assert parts.champion.log_loss == pytest.approx(whole.champion.log_loss, abs=1e-6)


def test_labels_in_another_order_are_the_same_labels(registry):
    usual = compare_with_champion(registry, "toy", challenge())
    turned = LABELS[1:] + LABELS[:1]
    remanifest(registry.path("toy", 1), training=SPLIT, labels=list(turned))
    other = compare_with_champion(registry, "toy", challenge())
    assert isinstance(usual, Comparison)
    assert isinstance(other, Comparison)
    order = [turned.index(label) for label in LABELS]
    expected = -np.log(answers(registry)[:, order][np.arange(len(ROWS)), TARGETS]).mean()
    assert other.champion.log_loss == pytest.approx(expected, abs=1e-6)
    assert other.champion.log_loss != pytest.approx(usual.champion.log_loss, abs=1e-6)


def test_the_same_way_of_splitting_needs_no_caveat(registry):
    result = compare_with_champion(registry, "toy", challenge())
    assert isinstance(result, Comparison)
    assert result.caveat is None


@pytest.mark.parametrize(
    "training", [{}, {"seed": 0}, SPLIT | {"split": "seed"}, SPLIT | {"test_share": 0.05}], ids=str
)
def test_a_champion_that_was_split_otherwise_may_have_seen_the_rows(registry, training):
    remanifest(registry.path("toy", 1), training=training)
    result = compare_with_champion(registry, "toy", challenge())
    assert isinstance(result, Comparison)
    assert result.caveat is not None
    assert "may have learnt from some of these rows" in result.caveat


def test_other_shares_need_a_caveat_too(registry):
    result = compare_with_champion(registry, "toy", challenge(training=TrainingConfig(test_share=0.2)))
    assert isinstance(result, Comparison)
    assert result.caveat is not None


def test_other_labels_are_named_and_not_compared(registry):
    result = compare_with_champion(registry, "toy", challenge(labels=("calm", "storm", "hail")))
    assert result == Uncompared(
        1, Why.LABELS, "The labels are not those of version 1, which serves (new: hail; gone: thaw)."
    )


def damage(folder):
    path = folder / "saved_model.pb"
    path.write_bytes(path.read_bytes()[:-1] + b"x")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (damage, "saved_model.pb does not match its sha256"),
        (lambda folder: (folder / MANIFEST).unlink(), "bundle.json is missing"),
        (shutil.rmtree, "toy has no version 1"),
        (lambda folder: remanifest(folder, sequence_length=9), "reads 8 ids, but the manifest's sequence_length is 9"),
    ],
    ids=["damaged", "no manifest", "gone", "inconsistent"],
)
def test_a_broken_champion_is_a_reason(registry, spoil, said):
    make_second = registry.path("toy", 1)
    registry.promote("toy", 1)
    spoil(make_second)
    result = compare_with_champion(registry, "toy", challenge())
    assert isinstance(result, Uncompared)
    assert (result.champion, result.why) == (1, Why.UNUSABLE)
    assert result.reason.startswith("Version 1, which serves, cannot be asked: ")
    assert said in result.reason


@pytest.mark.parametrize("error", [ValueError("a tensor"), KeyError("ids"), OSError("a disk")])
def test_a_champion_that_fails_when_it_is_asked_is_a_reason(registry, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(SavedModelEngine, "probabilities", fail)
    result = compare_with_champion(registry, "toy", challenge())
    assert isinstance(result, Uncompared)
    assert str(error) in result.reason


def test_a_champion_that_answers_no_numbers_is_a_reason(registry, monkeypatch):
    monkeypatch.setattr(SavedModelEngine, "probabilities", lambda self, ids: np.full((len(ids), 3), np.nan, np.float32))
    result = compare_with_champion(registry, "toy", challenge())
    assert isinstance(result, Uncompared)
    assert "not finite" in result.reason


def test_a_damaged_pointer_is_a_reason(registry):
    (registry.home("toy") / "current").write_text("odd", encoding="utf-8")
    result = compare_with_champion(registry, "toy", challenge())
    assert isinstance(result, Uncompared)
    assert (result.champion, result.why) == (None, Why.UNUSABLE)


def test_the_toy_of_these_tests_can_be_made_again(tmp_path):
    """Two versions of one seed are the same network, so what differs above is what a test changed."""
    one, other = (make_bundle(tmp_path / name) for name in ("a", "b"))
    ids, _ = verify(one).encoder.encode(ROWS)
    first, second = (SavedModelEngine(verify(folder)).probabilities(ids) for folder in (one, other))
    assert np.array_equal(first, second)
