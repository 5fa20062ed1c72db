"""A network with both parts: what it serves is the mixture, the same for a seed and after a kill, on any toy data."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.recording import RecordingProgress
from tests.training.small import SMALL, figures, write_messages
from training.assessment import temperature_of
from training.checkpoint import CheckpointFile
from training.fit import Examples, infer
from training.learning import learn
from training.mixture import Mixture
from training.preparation import DataSource, prepare
from training.subword_network import build_subword_network
from training.wide.logistic import Priors
from training.wide.tables import fit_tables
from training.wide_and_deep import join, logarithms

WIDE = replace(
    SMALL.adapted(ngram_buckets=64, embedding_dtype="float16", schedule="cosine", features_dropout=0.2, epochs=3),
    network=replace(SMALL.network, ngram_buckets=64, embedding_dtype="float16", embedding_frozen=False),
    adapts=True,
    cased=True,
)


class KilledError(Exception):
    """Stands for the end of the process."""


class Killer(RecordingProgress):
    """Ends the run when the second epoch begins."""

    def stage(self, name, total=None, **epoch):
        if name.startswith("epoch 2"):
            raise KilledError
        super().stage(name, total, **epoch)


def prepared_of(folder, **options):
    folder.mkdir(exist_ok=True)
    return prepare(DataSource(write_messages(folder / "m.csv", **options), vectors="none"), WIDE, RecordingProgress())


def learnt_of(prepared, folder, progress=None, *, resume=False):
    folder.mkdir(exist_ok=True)
    return learn(prepared, CheckpointFile(folder / "fit.checkpoint"), progress or RecordingProgress(), resume=resume)


def weights_equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return prepared_of(tmp_path_factory.mktemp("wide"))


@pytest.fixture(scope="module")
def learnt(prepared, tmp_path_factory):
    return learnt_of(prepared, tmp_path_factory.mktemp("learnt"))


def test_after_a_kill_it_goes_on_to_the_same_network(prepared, learnt, tmp_path):
    with pytest.raises(KilledError):
        learnt_of(prepared, tmp_path, Killer())
    progress = RecordingProgress()
    again = learnt_of(prepared, tmp_path, progress, resume=True)
    assert ("going on after epoch 1",) in progress.of("note")
    assert weights_equal(again.network, learnt.network)
    assert figures(again.history) == figures(learnt.history)


def test_what_it_serves_has_a_temperature_and_parts(prepared, learnt):
    ids = prepared.ids[:9]
    assert set(learnt.parts) == {"wide part alone", "deep part alone", "without the temperature"}
    for part in (*learnt.parts.values(), learnt.probabilities):
        assert part(ids).shape == (9, 3)
        np.testing.assert_allclose(part(ids).sum(axis=1), 1, atol=1e-5)
    served, mixed = learnt.probabilities(ids), np.log(learnt.parts["without the temperature"](ids))
    powers = np.exp(mixed / temperature_of(learnt.network))
    np.testing.assert_allclose(served, powers / powers.sum(axis=1, keepdims=True), atol=1e-4)


def test_it_learns_what_words_tell_apart(prepared, learnt):
    test = prepared.examples(prepared.split.test)
    assert (learnt.probabilities(test.ids).argmax(axis=1) == test.targets).mean() > 0.9


def test_joined_it_is_the_mixture_of_both_parts(prepared):
    config, train = prepared.network, prepared.examples(prepared.split.train)
    index = prepared.encoder.tokenizer.word_index
    words = sorted(index, key=index.__getitem__)
    sizes = {"classes": config.classes, "buckets": config.ngram_buckets, "priors": Priors(0.3, 0.3, 0.04)}
    tables = fit_tables(train.ids, train.targets, words, iterations=20, **sizes)
    deep = build_subword_network(config, None, words, dropout=0.0)
    mixture = Mixture(0.7, 1.3)
    ids = prepared.ids[prepared.split.test]
    expected = mixture.probabilities(tables.logits(ids), logarithms(infer(deep, ids)))
    np.testing.assert_allclose(infer(join(prepared, tables, deep, mixture), ids), expected, atol=3e-3)


@pytest.mark.parametrize("classes", [2, 5])
def test_classes_of_any_number_of_which_one_is_not_learnt_from(tmp_path, classes):
    prepared = prepared_of(tmp_path, classes=classes, rows_per_class=20)
    split = prepared.split
    there = split.train[prepared.dataset.targets[split.train] > 0] if classes > 2 else split.train
    prepared = replace(
        prepared,
        split=replace(split, train=there, validation=split.validation[:1]),
        training=WIDE.adapted(epochs=1).training,
    )
    network = learnt_of(prepared, tmp_path).network
    probabilities = infer(network, prepared.ids)
    assert probabilities.shape[1] == classes
    assert np.isfinite(probabilities).all()


def test_texts_without_a_word_are_learnt_from_without_fault(prepared, tmp_path):
    tokenizer = prepared.encoder.tokenizer
    encoder = replace(prepared.encoder, tokenizer=type(tokenizer)({}, num_words=2))
    empty = replace(
        prepared,
        ids=np.zeros_like(prepared.ids),
        encoder=encoder,
        network=replace(prepared.network, vocabulary_size=2),
        training=WIDE.adapted(epochs=1).training,
    )
    probabilities = learnt_of(empty, tmp_path).probabilities(empty.ids)
    np.testing.assert_allclose(probabilities, 1 / 3, atol=0.05)


def test_too_small_probabilities_have_the_smallest_logarithm():
    assert logarithms(np.array([0.0, 1e-30, 1.0])).tolist() == pytest.approx([np.log(1e-7), np.log(1e-7), 0])


def test_joined_rows_are_these_and_then_the_others():
    one, other = (Examples(np.full((n, 2), n, np.int32), np.full(n, n, np.int32)) for n in (1, 2))
    assert one.joined(other).ids.tolist() == [[1, 1], [2, 2], [2, 2]]
    assert one.joined(other).targets.tolist() == [1, 2, 2]
