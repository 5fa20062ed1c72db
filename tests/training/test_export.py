"""Nothing is registered that does not answer as the trained network does."""

import json
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from model import savedmodel
from model.bundle import MANIFEST, verify
from model.errors import BundleError
from model.network import build
from model.registry import Registry
from model.savedmodel import SavedModelEngine
from model.tokenizer import Tokenizer
from model.version import __version__
from tests.bundles import TEXTS, TOY
from training.errors import TrainingError
from training.export import libraries, now, register

ROWS = np.random.default_rng(2).integers(0, 12, (40, TOY.sequence_length)).astype(np.int32)
FACTS: dict[str, Any] = {"preset": None, "labels": ["calm", "storm", "thaw"], "sequence_length": TOY.sequence_length}


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(4)
    return build(TOY, np.random.default_rng(4).normal(size=(12, 4)).astype(np.float32))


def add(registry, network, **options):
    tokenizer = Tokenizer.fit(TEXTS, num_words=TOY.vocabulary_size)
    given: dict[str, Any] = {"rows": ROWS, "facts": FACTS} | options
    return register(registry, "toy", network, tokenizer, **given)


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "models")


def test_the_bundle_answers_as_the_network_does(registry, network):
    version = add(registry, network)
    bundle = verify(registry.path("toy", version))
    expected = np.asarray(network(ROWS, training=False))
    np.testing.assert_allclose(SavedModelEngine(bundle).probabilities(ROWS), expected, atol=1e-5)


def test_the_manifest_says_what_the_network_is_and_what_made_it(registry, network):
    manifest = verify(registry.path("toy", add(registry, network))).manifest
    assert manifest.name == "toy"
    assert [layer.name for layer in manifest.layers][-1] == "probabilities"
    assert manifest.parameters.total == network.count_params()
    assert manifest.parameters.frozen == 48
    assert manifest.libraries == libraries()
    assert manifest.libraries["tercet"] == __version__
    assert manifest.libraries["tensorflow"] == tf.__version__


def test_what_is_written_beside_the_graph_is_sealed_with_it(registry, network):
    def write_beside(folder):
        (folder / "assets.extra").mkdir(exist_ok=True)
        (folder / "assets.extra" / "note.txt").write_text("kept", encoding="utf-8")

    folder = registry.path("toy", add(registry, network, write_beside=write_beside))
    assert {"assets.extra/note.txt", "assets.extra/tf_serving_warmup_requests"} < verify(folder).manifest.files.keys()
    (folder / "assets.extra" / "note.txt").write_text("edit", encoding="utf-8")
    with pytest.raises(BundleError, match=r"note\.txt does not match"):
        verify(folder)


def empty(registry):
    home = registry.home("toy")
    return registry.versions("toy") == [] and [path.name for path in home.iterdir()] == []


def test_a_graph_that_answers_otherwise_is_not_registered(registry, network, monkeypatch):
    right = SavedModelEngine.probabilities
    monkeypatch.setattr(SavedModelEngine, "probabilities", lambda self, ids: right(self, ids) + np.float32(1e-4))
    with pytest.raises(TrainingError, match=r"differs from the trained network by 1\.0e-04 .*was not registered"):
        add(registry, network)
    assert empty(registry)


def test_a_graph_of_other_weights_is_not_registered(registry, network, monkeypatch):
    export = savedmodel.export

    def export_another(_network, folder, *_signatures):
        keras.utils.set_random_seed(5)
        export(build(TOY, np.zeros((12, 4), np.float32)), folder)

    monkeypatch.setattr(savedmodel, "export", export_another)
    with pytest.raises(TrainingError, match="differs from the trained network"):
        add(registry, network)
    assert empty(registry)


def test_a_graph_that_gives_nan_is_not_registered(registry, network, monkeypatch):
    monkeypatch.setattr(SavedModelEngine, "probabilities", lambda _, ids: np.full((len(ids), 3), np.nan, np.float32))
    with pytest.raises(TrainingError, match="differs from the trained network by nan"):
        add(registry, network)
    assert empty(registry)


def test_a_full_disk_under_tensorflow_is_said_in_words(registry, network, monkeypatch):
    def full(*_, **__):
        message = "{{function_node x}} models/toy/part-0; No space left on device [Op:SaveV2]"
        raise tf.errors.ResourceExhaustedError(None, None, message)

    monkeypatch.setattr(tf.saved_model, "save", full)
    with pytest.raises(TrainingError, match=r"written into .*toy \(No space left on device\)\. Make room") as caught:
        add(registry, network)
    assert "function_node" not in str(caught.value)
    assert empty(registry)


def test_facts_that_do_not_fit_the_network_are_refused(registry, network):
    with pytest.raises(BundleError, match="2 labels for a network with an output of 3 classes"):
        add(registry, network, facts=FACTS | {"labels": ["calm", "storm"]})
    assert empty(registry)


def test_what_cannot_be_written_beside_the_graph_leaves_nothing(registry, network):
    def fail(_):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        add(registry, network, write_beside=fail)
    assert empty(registry)


def test_versions_follow_each_other_and_the_first_serves(registry, network):
    assert [add(registry, network) for _ in range(2)] == [1, 2]
    assert registry.current("toy") == 1
    assert json.loads((registry.path("toy", 2) / MANIFEST).read_text(encoding="utf-8"))["name"] == "toy"


def test_the_time_is_utc_to_the_second():
    assert len(now()) == len("2026-01-02T03:04:05+00:00")
    assert now().endswith("+00:00")
