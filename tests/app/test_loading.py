import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from app import loading
from app.loading import choose_model, load_serving
from model.errors import BundleError, RegistryError
from model.registry import Registry
from tests.app.fakes import FakeEngine, fake_serving, settings


@pytest.fixture
def registry(tmp_path, toy_models):
    """A function that makes a registry with models of these names."""

    def make(*names):
        for name in names:
            shutil.copytree(toy_models / "toy", tmp_path / "models" / name)
        return Registry(tmp_path / "models")

    return make


@pytest.mark.parametrize(
    ("there", "wanted", "chosen"),
    [
        (["toy"], None, "toy"),
        (["other", "spooky-authors", "toy"], None, "spooky-authors"),
        (["spooky-authors", "toy"], "toy", "toy"),
    ],
)
def test_the_model_is_the_one_wanted_or_the_default_or_the_only_one(registry, there, wanted, chosen):
    assert choose_model(registry(*there), wanted) == chosen


@pytest.mark.parametrize(
    ("there", "wanted", "said"),
    [
        ([], None, r"holds no model\. Train one: python -m training train"),
        ([], "toy", r"has no model 'toy' \(TERCET_MODEL\); there are: none\."),
        (["a", "b"], "c", r"has no model 'c' \(TERCET_MODEL\); there are: a, b\."),
        (["a", "b"], None, r"has several models; name one by TERCET_MODEL: a, b\."),
    ],
)
def test_where_there_is_no_such_choice_the_error_lists_what_there_is(registry, there, wanted, said):
    with pytest.raises(RegistryError, match=said):
        choose_model(registry(*there), wanted)


def test_a_loaded_model_answers_from_its_real_graph(toy_models):
    serving = load_serving(settings(data=toy_models.parent, device="cpu"))
    assert (serving.name, serving.version, serving.device) == ("toy", 1, "cpu")
    assert type(serving.engine).__name__ == "FoldedEngine"
    ids, _ = serving.bundle.encoder.encode(["a storm", "calm"])
    probabilities = serving.engine.probabilities(ids)
    assert probabilities.shape == (2, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_a_loaded_model_can_be_looked_into(toy_models):
    serving = load_serving(settings(data=toy_models.parent, device="cpu"))
    explanation = serving.explainer.explain("a storm came over the sea")
    ids, _ = serving.bundle.encoder.encode(["a storm came over the sea"])
    np.testing.assert_allclose(explanation.probabilities, serving.engine.probabilities(ids)[0], atol=1e-6)
    assert [token.used for token in explanation.tokens] == [True] * 6


def test_a_damaged_bundle_is_refused_before_tensorflow_is_imported(tmp_path, toy_models, monkeypatch):
    shutil.copytree(toy_models, tmp_path / "models")
    (tmp_path / "models" / "toy" / "1" / "saved_model.pb").write_bytes(b"")
    monkeypatch.setattr(loading, "import_tensorflow", lambda **_: pytest.fail("too early"))
    with pytest.raises(BundleError, match=r"saved_model\.pb does not match its sha256"):
        load_serving(settings(data=tmp_path))


@pytest.mark.parametrize("row", [[0.5, 0.6], [np.nan, 0.5], [1.5, -0.5], [0.2, 0.3, 0.5]])
def test_a_network_that_gives_no_probabilities_is_refused(row):
    engine = SimpleNamespace(probabilities=lambda _ids: np.array([row], np.float32))
    with pytest.raises(BundleError, match="are no probabilities of 2 labels"):
        loading.warm(fake_serving(engine))


def test_warming_is_one_real_run():
    engine = FakeEngine()
    loading.warm(fake_serving(engine))
    assert engine.batches == [1]
