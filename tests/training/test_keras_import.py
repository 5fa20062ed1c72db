"""What tutorials leave behind, imported: the bundle answers for raw texts exactly as Keras does."""

import json
import warnings
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers
from keras.src.legacy.preprocessing.text import Tokenizer as KerasTokenizer
from keras.utils import pad_sequences

from model.bundle import verify
from model.errors import BundleError, RegistryError, TokenizerError
from model.registry import Registry
from model.savedmodel import SavedModelEngine
from training.errors import TrainingError
from training.keras_import import KerasFiles, import_keras

TEXTS = [
    "The sea was calm.",
    "A storm came over the sea; a storm!",
    "The snow began to thaw",
    "calm, snow and a storm over a sea that was calm before the storm began to come over it",
    "nothing known",
    "",
]
LABELS = ("calm", "storm", "thaw")
LENGTH, WORDS, DIMENSION = 9, 14, 4
MATRIX = np.random.default_rng(0).normal(size=(WORDS, DIMENSION)).astype(np.float32)


def embedding(**options):
    return layers.Embedding(WORDS, DIMENSION, weights=[MATRIX], trainable=False, **options)


def softmax():
    return layers.Dense(3, activation="softmax")


def usual():
    """The layers of the tutorial."""
    return [
        embedding(),
        layers.Dropout(0.5),
        layers.Conv1D(3, 2, activation="relu"),
        layers.MaxPooling1D(2),
        layers.LSTM(5),
        softmax(),
    ]


def functional():
    ids = keras.Input((LENGTH,), dtype="int32")
    output = ids
    for layer in usual():
        output = layer(output)
    return keras.Model(ids, output)


def branches():
    ids = keras.Input((LENGTH,))
    words = embedding()(ids)
    widths = [layers.GlobalMaxPooling1D()(layers.Conv1D(3, width)(words)) for width in (2, 3)]
    return keras.Model(ids, softmax()(layers.Concatenate()(widths)))


def with_states():
    ids = keras.Input((LENGTH,))
    output, *_ = layers.LSTM(3, return_state=True)(embedding()(ids))
    return keras.Model(ids, softmax()(output))


def chain(*parts):
    return keras.Sequential([keras.Input((LENGTH,)), *parts])


NETWORKS = {
    "the tutorial, without an input layer": lambda: keras.Sequential(usual()),
    "the tutorial, with an input layer": lambda: chain(*usual()),
    "the tutorial, functional": functional,
    "branches": branches,
    "masked": lambda: chain(embedding(mask_zero=True), layers.LSTM(5), softmax()),
    "stacked": lambda: chain(embedding(), layers.LSTM(5, return_sequences=True), layers.LSTM(4), softmax()),
    "backwards": lambda: chain(embedding(), layers.LSTM(5, go_backwards=True), softmax()),
    "states given too": with_states,
    "bidirectional": lambda: chain(
        embedding(),
        layers.SpatialDropout1D(0.2),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True, dropout=0.1, recurrent_dropout=0.1)),
        layers.GlobalMaxPooling1D(),
        layers.BatchNormalization(),
        softmax(),
    ),
    "a GRU and an activation of its own": lambda: chain(
        embedding(), layers.GRU(4), layers.Dense(3, use_bias=False), layers.Activation("softmax")
    ),
    "without bias": lambda: chain(embedding(), layers.Flatten(), layers.Dense(3, use_bias=False, activation="softmax")),
    "a network in a network": lambda: keras.Sequential(
        [chain(embedding(), layers.GlobalAveragePooling1D(), layers.Dense(3)), layers.Softmax()]
    ),
}


def fit_tokenizer(num_words=WORDS, **options):
    tokenizer = KerasTokenizer(num_words=num_words, **options)
    tokenizer.fit_on_texts(TEXTS)
    return tokenizer


class Given:
    """A model and a tokenizer in files, and what Keras answers with them."""

    def __init__(self, folder, network, *, suffix=".keras", tokenizer=None):
        self.network = network
        self.tokenizer = tokenizer or fit_tokenizer()
        self.registry = Registry(folder / "models")
        self.files = KerasFiles(folder / f"model{suffix}", folder / "tokenizer.json", LABELS)
        self.files.tokenizer.write_text(self.tokenizer.to_json(), encoding="utf-8")

    def save(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of NumPy, inside Keras
            self.network.save(self.files.model)
        return self

    def answer(self, **padding):
        """What the tutorial's own code answers for TEXTS."""
        ids = pad_sequences(self.tokenizer.texts_to_sequences(TEXTS), maxlen=LENGTH, **padding)
        return self.network.predict_on_batch(ids)

    def bundle(self, **changes):
        version = import_keras(replace(self.files, **changes), self.registry, "imported")
        return verify(self.registry.path("imported", version))

    def refusal(self, error=TrainingError, **changes):
        with pytest.raises(error) as caught:
            self.bundle(**changes)
        assert self.registry.names() == []
        return str(caught.value)


def built(make):
    keras.utils.set_random_seed(3)
    return make()


@pytest.fixture(scope="module", params=NETWORKS)
def imported(request, tmp_path_factory):
    """A bundle, what Keras answers for TEXTS, and what the bundle says of its layers for them."""
    given = Given(tmp_path_factory.mktemp("imported"), built(NETWORKS[request.param]))
    expected = given.answer()
    bundle = given.save().bundle()
    ids, _ = bundle.encoder.encode(TEXTS)
    engine = SavedModelEngine(bundle)
    return bundle, expected, engine.probabilities(ids), engine.explain(ids)


def test_the_bundle_answers_for_texts_as_keras_does(imported):
    _, expected, given, _ = imported
    np.testing.assert_allclose(given, expected, atol=1e-5)


def test_the_layers_can_be_looked_at(imported):
    bundle, expected, _, explained = imported
    names = [layer.name for layer in bundle.manifest.layers]
    np.testing.assert_allclose(explained[names[-1]], expected, atol=1e-5)
    own = {name for name in explained if name != "logits" and not name.endswith(("_states", "_positions"))}
    assert own <= set(names)
    shapes = {layer.name: layer.shape for layer in bundle.manifest.layers}
    assert all(explained[name].shape == (len(TEXTS), *shapes[name]) for name in own)


def test_the_states_of_each_lstm_end_in_its_answer(imported):
    bundle, _, _, explained = imported
    lstms = [layer.name for layer in bundle.manifest.layers if layer.kind == "LSTM"]
    assert {name for name in explained if name.endswith("_states")} == {f"{name}_states" for name in lstms}
    for name in explained.keys() & lstms:
        states = explained[f"{name}_states"]
        own = explained[name]
        np.testing.assert_allclose(states if own.ndim == 3 else states[:, -1], own, atol=1e-6)


def test_the_logits_are_what_a_softmax_is_taken_of(imported):
    bundle, expected, _, explained = imported
    assert ("logits" in explained) == (bundle.manifest.layers[-1].kind in ("Dense", "Softmax"))
    if "logits" in explained:
        powers = np.exp(explained["logits"])
        np.testing.assert_allclose(powers / powers.sum(axis=1, keepdims=True), expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["the tutorial, without an input layer", "the tutorial, functional", "masked"])
def test_an_h5_file_does_as_well(tmp_path, kind):
    given = Given(tmp_path, built(NETWORKS[kind]), suffix=".h5")
    expected = given.answer()
    bundle = given.save().bundle()
    ids, _ = bundle.encoder.encode(TEXTS)
    np.testing.assert_allclose(SavedModelEngine(bundle).probabilities(ids), expected, atol=1e-5)


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
def test_padding_and_truncating_are_as_asked_for(tmp_path, padding, truncating):
    given = Given(tmp_path, built(functional))
    expected = given.answer(padding=padding, truncating=truncating)
    bundle = given.save().bundle(padding=padding, truncating=truncating)
    assert (bundle.manifest.padding, bundle.manifest.truncating) == (padding, truncating)
    ids, _ = bundle.encoder.encode(TEXTS)
    np.testing.assert_allclose(SavedModelEngine(bundle).probabilities(ids), expected, atol=1e-5)


def test_the_options_of_the_tokenizer_are_kept(tmp_path):
    tokenizer = fit_tokenizer(num_words=10, lower=False, oov_token="<unk>", filters=".;,")
    given = Given(tmp_path, built(functional), tokenizer=tokenizer)
    expected = given.answer()
    bundle = given.save().bundle()
    ids, _ = bundle.encoder.encode(TEXTS)
    assert np.array_equal(ids, pad_sequences(tokenizer.texts_to_sequences(TEXTS), maxlen=LENGTH))
    np.testing.assert_allclose(SavedModelEngine(bundle).probabilities(ids), expected, atol=1e-5)


def test_a_tokenizer_dumped_as_json_once_more_is_taken_too(tmp_path):
    """Many write `json.dumps(tokenizer.to_json())`, which is JSON inside JSON."""
    given = Given(tmp_path, built(functional))
    expected = given.answer()
    given.save().files.tokenizer.write_text(json.dumps(given.tokenizer.to_json()), encoding="utf-8")
    bundle = given.bundle()
    ids, _ = bundle.encoder.encode(TEXTS)
    np.testing.assert_allclose(SavedModelEngine(bundle).probabilities(ids), expected, atol=1e-5)


def any_length(kind):
    ids = keras.Input((None,), dtype=kind)
    return keras.Model(ids, softmax()(layers.LSTM(5)(embedding()(ids))))


@pytest.mark.parametrize("kind", ["int32", "float32"])
def test_a_model_of_any_length_needs_the_length(tmp_path, kind):
    given = Given(tmp_path, built(lambda: any_length(kind)))
    expected = given.answer()
    given.save()
    assert "takes ids of any length; say with --sequence-length how long to pad" in given.refusal()
    bundle = given.bundle(sequence_length=LENGTH)
    assert bundle.manifest.sequence_length == LENGTH
    ids, _ = bundle.encoder.encode(TEXTS)
    np.testing.assert_allclose(SavedModelEngine(bundle).probabilities(ids), expected, atol=1e-5)


def test_a_length_that_is_not_the_model_s_is_refused(tmp_path):
    given = Given(tmp_path, built(functional)).save()
    assert "takes 9 ids, not 20: leave out --sequence-length" in given.refusal(sequence_length=20)
    assert given.bundle(sequence_length=LENGTH).manifest.sequence_length == LENGTH


def test_the_manifest_says_what_is_known_and_no_more(tmp_path):
    manifest = Given(tmp_path, built(functional)).save().bundle().manifest
    assert (manifest.name, manifest.preset, manifest.data) == ("imported", None, None)
    assert manifest.labels == LABELS
    assert manifest.metrics == manifest.training == manifest.vectors == {}
    assert [layer.kind for layer in manifest.layers][1:] == [type(layer).__name__ for layer in usual()]
    assert manifest.parameters.frozen == WORDS * DIMENSION


def test_importing_twice_gives_two_versions_of_equal_answers(tmp_path):
    given = Given(tmp_path, built(functional)).save()
    first, second = given.bundle(), given.bundle()
    assert (first.folder.name, second.folder.name) == ("1", "2")
    ids, _ = first.encoder.encode(TEXTS)
    one, other = (SavedModelEngine(bundle).probabilities(ids) for bundle in (first, second))
    assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: chain(embedding(), layers.Flatten(), layers.Dense(1, activation="sigmoid")),
            "a single sigmoid is none",
        ),
        (lambda: chain(embedding(), layers.Flatten(), layers.Dense(3)), "End it with a softmax: keras.Sequential("),
        (
            lambda: chain(embedding(), layers.Flatten(), layers.Dense(3, activation="sigmoid")),
            "are not probabilities",
        ),
        (
            lambda: chain(embedding(), layers.Flatten(), layers.Dense(4, activation="softmax")),
            "gives (batch, 4) for 3 labels. Give one label for each output",
        ),
        (lambda: chain(embedding(), layers.Dense(3, activation="softmax")), "gives (batch, 9, 3) for 3 labels"),
    ],
    ids=["one sigmoid", "logits", "three sigmoids", "four classes", "a softmax a word"],
)
def test_an_output_that_is_no_choice_of_the_labels_is_refused(tmp_path, make, said):
    message = Given(tmp_path, built(make)).save().refusal()
    assert "model.keras" in message
    assert said in message


def test_the_remedy_for_logits_works(tmp_path):
    logits = built(lambda: chain(embedding(), layers.Flatten(), layers.Dense(3)))
    given = Given(tmp_path, keras.Sequential([logits, layers.Softmax()])).save()
    assert given.bundle().manifest.labels == LABELS


def two_inputs():
    inputs = [keras.Input((LENGTH,)), keras.Input((LENGTH,))]
    words = layers.Concatenate()([embedding()(each) for each in inputs])
    return keras.Model(inputs, softmax()(layers.Flatten()(words)))


def two_outputs():
    ids = keras.Input((LENGTH,))
    words = layers.Flatten()(embedding()(ids))
    return keras.Model(ids, [softmax()(words), softmax()(words)])


def matrices():
    return keras.Sequential([keras.Input((LENGTH, 4)), layers.Flatten(), softmax()])


@pytest.mark.parametrize("make", [two_inputs, two_outputs, matrices])
def test_other_inputs_and_outputs_are_refused(tmp_path, make):
    message = Given(tmp_path, built(make)).save().refusal()
    assert "must have one input of ids (batch, length) and one output" in message


def test_a_model_saved_before_it_was_built_is_refused(tmp_path):
    given = Given(tmp_path, keras.Sequential(usual()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras says so, too
        given.network.save(given.files.model)
    assert "was saved before it was built" in given.refusal()


def test_a_model_that_takes_texts_is_refused(tmp_path):
    def of_texts():
        texts = keras.Input((1,), dtype="string")
        ids = layers.TextVectorization(output_sequence_length=LENGTH, vocabulary=["sea"])(texts)
        return keras.Model(texts, softmax()(layers.Flatten()(layers.Embedding(WORDS, 2)(ids))))

    assert "takes texts, not ids" in Given(tmp_path, built(of_texts)).save().refusal()


@pytest.mark.parametrize("make", [functional, NETWORKS["a network in a network"]], ids=["plain", "nested"])
def test_a_tokenizer_with_more_ids_than_the_embedding_has_rows_is_refused(tmp_path, make):
    given = Given(tmp_path, built(make), tokenizer=fit_tokenizer(num_words=WORDS + 1)).save()
    message = given.refusal()
    assert "tokenizer.json gives ids below 15, but the embedding in" in message
    assert "model.keras has 14 rows" in message


def test_a_tokenizer_without_num_words_counts_its_words(tmp_path):
    tokenizer = fit_tokenizer(num_words=None)
    assert len(tokenizer.word_index) + 1 > WORDS
    message = Given(tmp_path, built(functional), tokenizer=tokenizer).save().refusal()
    assert f"gives ids below {len(tokenizer.word_index) + 1}" in message


def test_fewer_ids_than_the_embedding_has_rows_are_fine(tmp_path):
    assert Given(tmp_path, built(functional), tokenizer=fit_tokenizer(num_words=5)).save().bundle()


@pytest.mark.parametrize(
    "labels", [("calm", "storm"), ("calm", "storm", "thaw", "fog")], ids=["one too few", "one too many"]
)
def test_another_number_of_labels_is_refused(tmp_path, labels):
    message = Given(tmp_path, built(functional)).save().refusal(labels=labels)
    assert f"gives (batch, 3) for {len(labels)} labels. Give one label for each output" in message


@pytest.mark.parametrize("labels", [("calm", "calm", "thaw"), ("calm", "", "thaw"), ("",)])
def test_labels_that_are_not_all_there_and_different_are_refused(tmp_path, labels):
    message = Given(tmp_path, built(functional)).save().refusal(labels=labels)
    assert "must all be there and different" in message


def test_a_tokenizer_of_characters_is_refused(tmp_path):
    tokenizer = fit_tokenizer(char_level=True)
    message = Given(tmp_path, built(functional), tokenizer=tokenizer).save().refusal(TokenizerError)
    assert "char_level tokenizers are not supported" in message


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"\x80\x04\x95 pickled", TrainingError, "cannot be read .*Write it with tokenizer.to_json() in UTF-8"),
        (b"no json", TokenizerError, "not JSON"),
        (b"{}", TokenizerError, "not the JSON of a Keras Tokenizer"),
        (b'"a string"', TokenizerError, "not JSON"),
        (b'"not closed', TokenizerError, "not JSON"),
    ],
    ids=["a pickle", "no JSON", "other JSON", "JSON of a string", "JSON cut short"],
)
def test_what_is_no_tokenizer_is_refused(tmp_path, content, error, said):
    given = Given(tmp_path, built(functional)).save()
    given.files.tokenizer.write_bytes(content)
    message = given.refusal(error)
    assert "tokenizer.json" in message
    assert all(part in message for part in said.split(" .*"))


def test_files_that_are_not_there_are_refused_by_name(tmp_path):
    given = Given(tmp_path, built(functional))
    assert "model.keras is no Keras model" in given.refusal()
    given.files.tokenizer.unlink()
    assert "tokenizer.json cannot be read" in given.refusal()


def test_a_name_that_no_model_can_have_is_refused(tmp_path):
    given = Given(tmp_path, built(functional)).save()
    with pytest.raises(RegistryError, match="is no name for a model"):
        import_keras(given.files, given.registry, "../up")


def test_what_a_bundle_would_refuse_is_not_registered(tmp_path, monkeypatch):
    given = Given(tmp_path, built(functional)).save()
    monkeypatch.setattr("training.keras_import._check_labels", lambda labels: None)
    assert "are not all different" in given.refusal(BundleError, labels=("calm", "calm", "thaw"))


def saved(folder, kind):
    given = Given(folder, built(NETWORKS[kind]))
    given.answer()  # builds what has no input layer
    return given.save()


@pytest.mark.parametrize(
    ("kind", "attributed"),
    [
        ("the tutorial, without an input layer", {"embedding", "logits", "conv1d"}),
        ("the tutorial, with an input layer", {"embedding", "logits", "conv1d"}),
        ("branches", {"embedding", "logits"}),
        ("bidirectional", {"embedding", "logits"}),
        ("states given too", {"embedding", "logits"}),
    ],
)
def test_what_each_word_adds_can_be_told_of_most_networks(tmp_path, kind, attributed):
    keras.backend.clear_session()  # names begin anew
    bundle = saved(tmp_path, kind).bundle()
    engine = SavedModelEngine(bundle)
    ids, _ = bundle.encoder.encode(TEXTS[:1])
    given = engine.attribute(ids, 1, *np.full((2, 1), 0.5, np.float32))
    assert given.keys() == attributed
    np.testing.assert_allclose(given["logits"][-1], engine.explain(ids)["logits"][0], atol=1e-4)


@pytest.mark.parametrize("kind", ["masked", "a GRU and an activation of its own", "a network in a network"])
def test_a_network_that_gives_no_logits_or_masks_its_words_is_imported_without(tmp_path, kind):
    bundle = saved(tmp_path, kind).bundle()
    assert not SavedModelEngine(bundle).can_attribute
