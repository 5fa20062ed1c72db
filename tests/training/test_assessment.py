"""What is measured of a network on the test rows, on a network with a temperature and a made-up part."""

import numpy as np
import pytest
from scipy.special import softmax

from model.network import build
from model.network_config import NetworkConfig
from tests.training.recording import RecordingProgress
from tests.training.small import SMALL, write_messages
from training.assessment import assess, temperature_of
from training.baseline import fit_baseline
from training.evaluation import evaluate
from training.history import History
from training.learning import Learnt
from training.preparation import DataSource, prepare

WIDE = NetworkConfig(
    vocabulary_size=80,
    embedding_dim=4,
    sequence_length=12,
    filters=4,
    width=2,
    pool=2,
    units=5,
    ngram_buckets=11,
    embedding_frozen=False,
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    data = write_messages(tmp_path_factory.mktemp("assessment") / "messages.csv")
    return prepare(DataSource(data, vectors="none"), SMALL, RecordingProgress())


@pytest.fixture(scope="module")
def baseline(prepared):
    dataset, split = prepared.dataset, prepared.split
    return fit_baseline(dataset.texts, dataset.targets, train=split.train, test=split.test, labels=dataset.labels)


@pytest.fixture(scope="module")
def network():
    network = build(WIDE)
    network.get_layer("temperature").temperature.assign(2.0)
    return network


@pytest.fixture(scope="module")
def assessment(prepared, baseline, network):
    learnt = Learnt(network, History(), {"even": lambda ids: np.full((len(ids), 3), 1 / 3)})
    return assess(prepared, learnt, baseline)


def test_the_network_is_measured_on_the_test_rows(assessment, prepared, network):
    test = prepared.examples(prepared.split.test)
    assert assessment.probabilities == pytest.approx(network(test.ids).numpy(), abs=1e-6)
    assert assessment.evaluation == evaluate(assessment.probabilities, test.targets, prepared.dataset.labels)


def test_mistakes_name_lines_of_the_file(assessment, prepared):
    wrong = assessment.probabilities.argmax(axis=1) != prepared.dataset.targets[prepared.split.test]
    expected = {prepared.dataset.line_numbers[row] for row in prepared.split.test[wrong]}
    assert expected
    assert {each.line for each in assessment.mistakes} == expected


def test_calibration_is_measured_with_the_temperature_of_the_graph(assessment, prepared):
    targets = prepared.dataset.targets[prepared.split.test]
    before = softmax(2 * np.log(assessment.probabilities), axis=1)
    measured = assessment.calibration
    assert measured is not None
    assert measured.temperature == 2.0
    expected = -np.log(before[np.arange(len(targets)), targets]).mean()
    assert measured.log_loss_before == pytest.approx(expected, rel=1e-5)
    assert measured.log_loss_after == pytest.approx(assessment.evaluation.log_loss, rel=1e-5)


def test_a_network_of_one_path_has_no_temperature(prepared):
    assert temperature_of(build(prepared.network)) is None


def test_parts_and_lengths_are_measured_and_words_counted(assessment, prepared):
    (even,) = assessment.ablations
    assert even.log_loss == pytest.approx(np.log(3))
    assert sum(each.rows for each in assessment.by_length) == len(prepared.split.test)
    counts = [prepared.encoder.encode([prepared.dataset.texts[row]])[1][0] for row in prepared.split.test]
    unknown = 1 - sum(each.known for each in counts) / sum(each.total for each in counts)
    assert assessment.unknown_share == pytest.approx(unknown)
    assert 0 < unknown < 1
