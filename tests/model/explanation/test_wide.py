"""What an explanation says of a wide part, against hand sums and the graph's own layers."""

import numpy as np
import pytest

from model.explanation.explainer import Explainer
from model.explanation.wide import by_position, find_wide, held_by
from model.savedmodel import SavedModelEngine
from tests.bundles import LABELS
from tests.model.explanation.conftest import explainer_of
from tests.model.networks import WIDE, manifest_of, network_of, random_ids, weights_of

TEXT = "A storm came, over THE sea and the storm"


@pytest.fixture(scope="module")
def wide(wide_folder):
    return explainer_of(wide_folder)


@pytest.fixture(scope="module")
def network():
    return network_of(WIDE)


@pytest.fixture(scope="module")
def tables(network):
    found = find_wide(manifest_of(network), weights_of(network))
    assert found is not None
    return found


def test_the_effects_of_all_ngrams_add_up_to_what_the_layer_gives(network, tables):
    ids = random_ids(WIDE, 20)
    ids[:, :3] = 0
    expected = np.asarray(network.get_layer("wide")(ids)) - np.asarray(network.get_layer("wide").bias)
    for row, logits in zip(ids, expected, strict=True):
        np.testing.assert_allclose(tables.effects(row).sum(axis=(0, 1)) * 1.5, logits, atol=1e-5)
        assert not tables.effects(row)[row == 0].any()


def test_a_network_without_tables_has_no_wide_part(toy):
    explainer, *_ = toy
    explanation = explainer.explain(TEXT)
    assert explanation.ngrams is explanation.parts is None


def test_each_ngram_is_shared_equally_by_its_words_and_padding_takes_no_share():
    ids = np.array([0, 0, 5, 6, 7], np.int32)
    effects = np.zeros((5, 3), np.float32)
    effects[2] = [1, 2, 4]  # the first word, after padding
    effects[3] = [8, 16, 32]  # a pair; a triple that begins before the text
    effects[4] = [64, 128, 192]
    assert by_position(effects, ids).tolist() == [0, 0, 7 + 8 + 16 + 64, 8 + 8 + 16 + 64 + 64, 64 + 64 + 64]
    assert [held_by(ids, 2, order) for order in (1, 2, 3)] == [[2], [2], [2]]
    assert [held_by(ids, 4, order) for order in (1, 2, 3)] == [[4], [3, 4], [2, 3, 4]]


def test_at_the_end_of_a_window_there_is_no_padding_to_take_a_share_from():
    assert held_by(np.array([5, 6, 0], np.int32), 1, 3) == [0, 1]


@pytest.mark.parametrize("text", [TEXT, "snow", "zzz", "the " * 40])
def test_values_of_both_parts_add_up_to_the_difference_of_the_logits(wide, text):
    explainer, bundle, saved = wide
    explanation = explainer.explain(text, "thaw")
    ids, _ = bundle.encoder.encode([text])
    given = explanation.attributions
    outputs = saved.explain(np.concatenate([ids, np.zeros_like(ids)]))
    assert given.logit == pytest.approx(outputs["logits"][0, 2], abs=1e-5)
    assert given.baseline_logit == pytest.approx(outputs["logits"][1, 2], abs=1e-5)
    assert given.values.sum() == pytest.approx(given.logit - given.baseline_logit, abs=max(given.gap, 1e-6) + 1e-5)
    assert given.relative_gap <= 0.02


def test_the_parts_make_the_answer(wide):
    explainer, *_ = wide
    explanation = explainer.explain(TEXT)
    parts = explanation.parts
    powers = np.exp((parts.deep + parts.wide) / parts.temperature)
    np.testing.assert_allclose(powers / powers.sum(), explanation.probabilities, atol=1e-5)
    assert parts.temperature == 1.5


def test_the_strongest_ngrams_are_parts_of_the_text_with_what_they_add(wide):
    explainer, bundle, saved = wide
    explanation = explainer.explain(TEXT, "storm")
    ids, _ = bundle.encoder.encode([TEXT])
    found = find_wide(bundle.manifest, saved.weights())
    assert found is not None
    effects = found.effects(ids[0])
    strengths = [abs(ngram.effect) for ngram in explanation.ngrams]
    assert strengths == sorted(strengths, reverse=True)
    assert strengths[0] == pytest.approx(np.abs(effects[:, :, 1]).max())
    assert len(strengths) == min(10, np.count_nonzero(effects[:, :, 1]))
    assert {ngram.order for ngram in explanation.ngrams} >= {1, 2}
    used = [token for token in explanation.tokens if token.used]
    for ngram in explanation.ngrams:
        assert ngram.text == TEXT[ngram.start : ngram.end]
        inside = [token.word for token in used if ngram.start <= token.start < ngram.end]
        assert list(ngram.words) == inside[-ngram.order :] == inside
        assert ngram.effect == ngram.effects[LABELS.index("storm")]


def test_each_layer_says_what_it_did(wide):
    explainer, *_ = wide
    explanation = explainer.explain(TEXT)
    said = {layer.name: layer.summary for layer in explanation.layers}
    parts, labels = explanation.parts, LABELS
    scores = ", ".join(f"{label} {score:.2f}" for label, score in zip(labels, parts.deep, strict=True))
    assert said["deep"] == f"It weighed 5 numbers into the deep part's score for each label: {scores}."
    scores = ", ".join(f"{label} {score:.2f}" for label, score in zip(labels, parts.wide, strict=True))
    assert said["wide"].startswith("Its tables have figures for 8 of 8 single words, ")
    assert said["wide"].endswith(f"Added up, its score for each label: {scores}.")
    assert said["deep_and_wide"].startswith("It added the deep part's score for each label and the wide part's: calm ")
    assert said["temperature"].startswith("It divided each score by 1.50, which makes the probabilities more careful")
    shares = sorted(zip(explanation.probabilities.tolist(), labels, strict=True), reverse=True)
    told = ", ".join(f"{label} {share:.1%}" for share, label in shares)
    assert said["probabilities"] == f"It made probabilities of the scores: {told}."


def test_without_a_known_word_the_tables_say_their_bias(wide):
    explainer, *_ = wide
    explanation = explainer.explain("zzz")
    assert explanation.ngrams == ()
    assert "its bias alone is its score" in next(x.summary for x in explanation.layers if x.name == "wide")


def test_neighbours_are_found_among_vectors_of_half_precision(wide):
    explainer, *_ = wide
    tokens = explainer.explain("the sea").tokens
    assert all(len(token.neighbours) == 5 for token in tokens)


def test_a_graph_that_another_tool_exported_does_not_tell_its_tables(wide_folder, monkeypatch):
    monkeypatch.setattr(SavedModelEngine, "weights", lambda self: {})
    explainer, *_ = explainer_of(wide_folder)
    assert isinstance(explainer, Explainer)
    assert explainer.explain(TEXT).parts is None
