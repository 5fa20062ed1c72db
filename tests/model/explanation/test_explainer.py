"""A text explained by real bundles: all parts together, for our networks and for others'."""

import shutil
import threading

import keras
import numpy as np
import pytest
from keras import layers

from model import savedmodel
from model.attribution_graph import attribution
from model.bundle import EXTRA, verify
from model.engine import load_engine
from model.errors import BundleError, NotExplainableError, UnknownLabelError
from model.explanation.explainer import Explainer
from model.network import count_parameters, describe_layers, layer_outputs
from model.phrases import PHRASES
from model.savedmodel import SavedModelEngine
from tests.bundles import LABELS, TOY, remanifest
from tests.model.explanation.conftest import explainer_of
from tests.model.explanation.sentences import LONG, SENTENCES
from tests.model.networks import random_weights

TEXT = "A Storm came -- quite suddenly! -- over THE sea"


def test_the_answer_is_that_of_a_prediction(shipped):
    explainer, bundle, saved = shipped
    for text in SENTENCES:
        ids, (counts,) = bundle.encoder.encode([text])
        explanation = explainer.explain(text)
        np.testing.assert_allclose(explanation.probabilities, saved.probabilities(ids)[0], atol=1e-5)
        assert explanation.counts == counts
        assert explanation.label == bundle.manifest.labels[explanation.probabilities.argmax()]
        assert explanation.attributions.label == explanation.label


def test_tokens_are_slices_of_the_text_with_their_places(toy):
    explainer, *_ = toy
    tokens = explainer.explain(TEXT).tokens
    assert [(token.text, token.word, token.position) for token in tokens] == [
        ("A", "a", 2),
        ("Storm", "storm", 3),
        ("came", "came", 4),
        ("quite", "quite", None),
        ("suddenly", "suddenly", None),
        ("over", "over", 5),
        ("THE", "the", 6),
        ("sea", "sea", 7),
    ]
    assert all(token.text == TEXT[token.start : token.end] for token in tokens)
    assert [token.known for token in tokens] == [token.used for token in tokens]
    assert [bool(token.neighbours) for token in tokens] == [token.known and token.used for token in tokens]


def test_words_that_are_cut_off_are_known_and_not_used_and_add_nothing(shipped):
    explainer, *_ = shipped
    explanation = explainer.explain(LONG)
    known = [token for token in explanation.tokens if token.known]
    assert not any(token.neighbours for token in known if not token.used)
    assert [token.used for token in known] == [False] * (len(known) - 50) + [True] * 50
    values = explanation.attributions.values
    assert len(values) == len(explanation.tokens)
    assert not values[[not token.used for token in explanation.tokens]].any()
    assert len(explanation.what_if) == 50


def test_each_word_left_out_is_a_prediction_of_the_text_without_it(toy):
    explainer, bundle, saved = toy
    explanation = explainer.explain(TEXT, "thaw")
    known = [index for index, token in enumerate(explanation.tokens) if token.known]
    assert [without.token for without in explanation.what_if] == known
    for without in explanation.what_if:
        token = explanation.tokens[without.token]
        ids, _ = bundle.encoder.encode([TEXT[: token.start] + TEXT[token.end :]])
        expected = saved.probabilities(ids)[0]
        assert without.word == token.word
        np.testing.assert_allclose(without.probabilities, expected, atol=1e-5)
        assert without.change == pytest.approx(expected[2] - explanation.probabilities[2], abs=1e-5)


def test_phrases_are_parts_of_the_text_with_what_pooling_kept_of_them(shipped):
    explainer, *_ = shipped
    explanation = explainer.explain(SENTENCES[0])
    for phrase in explanation.phrases:
        assert phrase.text == SENTENCES[0][phrase.start : phrase.end]
        inside = [
            token.word for token in explanation.tokens if phrase.start <= token.start < phrase.end and token.known
        ]
        assert list(phrase.words) == inside
    strengths = [abs(phrase.effect) for phrase in explanation.phrases]
    assert strengths == sorted(strengths, reverse=True)
    pooling = explanation.layers[4]
    positions = pooling.positions[pooling.activations > 0]
    for phrase in explanation.phrases:
        assert phrase.wins == np.count_nonzero(positions == phrase.position)


def test_a_label_may_be_asked_for_and_an_unknown_one_is_named_with_those_there_are(toy):
    explainer, *_ = toy
    for label in LABELS:
        explanation = explainer.explain(TEXT, label)
        assert explanation.label == explanation.attributions.label == label
        logit = explanation.layers[-1].logits[LABELS.index(label)]
        assert explanation.attributions.logit == pytest.approx(logit, abs=1e-5)
    with pytest.raises(UnknownLabelError, match="no label 'rain'; it has 'calm', 'storm', 'thaw'"):
        explainer.explain(TEXT, "rain")


@pytest.mark.parametrize("text", ["zzz qqq", "!?", "\ud800", "İ", "the " * 500])
def test_odd_texts_are_explained(toy, text):
    explainer, bundle, _ = toy
    explanation = explainer.explain(text)
    assert len(explanation.attributions.values) == len(explanation.tokens)
    assert explanation.attributions.relative_gap <= 0.02
    assert explanation.counts == bundle.encoder.encode([text])[1][0]


def test_without_known_words_nothing_moves_the_answer(toy):
    explainer, *_ = toy
    explanation = explainer.explain("zzz qqq")
    assert explanation.attributions.values.tolist() == [0, 0]
    assert explanation.attributions.gap <= 1e-6
    assert (explanation.phrases, explanation.what_if) == ((), ())


def test_phrases_of_the_training_rows_are_shown_with_their_filters(folder):
    content = '{"layer": "convolution", "width": 2, "filters": [{"filter": 1, "phrases": [%s]}]}'
    phrase = '{"words": ["the", "sea"], "activation": 1.5, "count": 2}'
    (folder / PHRASES).write_text(content % phrase)
    remanifest(folder)
    explainer, *_ = explainer_of(folder)
    shown = {found.filter: found.phrases for found in explainer.explain(TEXT).filters}
    assert [(found.words, found.activation, found.count) for found in shown[1]] == [(("the", "sea"), 1.5, 2)]
    assert shown[0] == shown[2] == ()


def test_threads_may_share_an_explainer(shipped):
    explainer, *_ = shipped
    alone = {text: explainer.explain(text) for text in SENTENCES}
    found: dict[str, float] = {}

    def work(texts):
        for text in texts:
            found[text] = float(
                np.abs(explainer.explain(text).attributions.values - alone[text].attributions.values).max()
            )

    threads = [threading.Thread(target=work, args=(SENTENCES[start::3],)) for start in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.keys() == alone.keys()
    assert max(found.values()) <= 1e-5


def explained(folder, network, *, looked_into=True, attributed=True, **facts):
    """An explanation by a bundle with another network."""
    shutil.rmtree(folder / "variables")
    savedmodel.export(
        network,
        folder,
        layer_outputs(network) if looked_into else None,
        attribution(network) if attributed else None,
    )
    remanifest(
        folder,
        layers=describe_layers(network),
        parameters=count_parameters(network),
        **facts,
    )
    explainer, *_ = explainer_of(folder)
    return explainer.explain(TEXT)


def chain(*between, **embedding):
    return random_weights(
        keras.Sequential(
            [
                keras.Input((TOY.sequence_length,), dtype="int32"),
                layers.Embedding(TOY.vocabulary_size, 4, **embedding),
                *between,
                layers.Dense(3, activation="softmax"),
            ]
        )
    )


OTHER_FORMS = {
    "the tutorial's": (
        lambda: chain(layers.Conv1D(3, 2, activation="relu"), layers.MaxPooling1D(2), layers.LSTM(5)),
        True,
    ),
    "tanh": (lambda: chain(layers.Conv1D(3, 2, activation="tanh"), layers.MaxPooling1D(2), layers.LSTM(5)), True),
    "global pooling": (lambda: chain(layers.Conv1D(3, 2, activation="relu"), layers.GlobalMaxPooling1D()), True),
    "padded": (lambda: chain(layers.Conv1D(3, 2, padding="same"), layers.MaxPooling1D(2), layers.Flatten()), False),
    "strides": (lambda: chain(layers.Conv1D(3, 2, strides=2), layers.Flatten()), False),
    "a GRU": (lambda: chain(layers.GRU(5, use_cudnn=False)), False),
    "both ways": (lambda: chain(layers.Bidirectional(layers.LSTM(3, use_cudnn=False))), False),
    "words in a bag": (lambda: chain(layers.GlobalAveragePooling1D()), False),
}


@pytest.mark.parametrize(("make", "has_windows"), OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_networks_of_other_forms_are_explained(folder, make, has_windows):
    explanation = explained(folder, make())
    assert explanation.attributions.relative_gap <= 0.02
    assert bool(explanation.phrases) == bool(explanation.filters) == has_windows
    for layer in explanation.layers:
        assert layer.activations.shape == layer.shape
        assert layer.summary.endswith(".")


@pytest.mark.parametrize(("padding", "truncating"), [("post", "pre"), ("post", "post"), ("pre", "post")])
def test_words_are_found_on_whichever_side_they_are_padded(folder, padding, truncating):
    network = chain(layers.GlobalAveragePooling1D())
    explanation = explained(folder, network, padding=padding, truncating=truncating)
    bag = {token.word: value for token, value in zip(explanation.tokens, explanation.attributions.values, strict=True)}
    vectors, (kernel, _) = network.layers[0].get_weights()[0], network.layers[-1].get_weights()
    label = LABELS.index(explanation.label)
    for token in explanation.tokens:
        expected = (
            0.0 if token.id is None else (vectors[token.id] - vectors[0]) @ kernel[:, label] / TOY.sequence_length
        )
        assert bag[token.word] == pytest.approx(expected, abs=1e-5)


def test_a_bundle_without_attributions_has_all_else(folder):
    explanation = explained(folder, chain(layers.Flatten()), attributed=False)
    assert (explanation.attributions, explanation.phrases, explanation.filters) == (None, (), ())
    assert len(explanation.what_if) == 6
    assert all(layer.activations is not None for layer in explanation.layers)


def test_a_bundle_that_cannot_be_looked_into_says_so(folder):
    with pytest.raises(NotExplainableError, match="no signature 'explain'"):
        explained(folder, chain(layers.Flatten()), looked_into=False)


def test_a_graph_that_another_tool_exported_is_explained_without_words_and_windows(pristine, monkeypatch):
    monkeypatch.setattr(SavedModelEngine, "weights", lambda self: {})
    explainer, *_ = explainer_of(pristine)
    explanation = explainer.explain(TEXT)
    assert (explanation.phrases, explanation.filters) == ((), ())
    assert not any(token.neighbours for token in explanation.tokens)
    assert explanation.attributions.relative_gap <= 0.02


def test_phrases_of_another_form_are_refused(folder):
    (folder / EXTRA / "phrases.json").write_text("{}")
    remanifest(folder)
    bundle = verify(folder)
    saved = SavedModelEngine(bundle)
    with pytest.raises(BundleError, match="is not a file of phrases"):
        Explainer(bundle, saved, load_engine(bundle, saved=saved))
