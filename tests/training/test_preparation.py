"""What a network learns from: the vocabulary of the training rows alone, the classes and vectors that are there."""

from dataclasses import replace

import numpy as np
import pytest

from model.errors import ConfigError
from tests.training.recording import RecordingProgress
from tests.training.small import SMALL, write_glove, write_messages
from training.data.splitting import split_by_text
from training.errors import DataError, VectorsError
from training.preparation import DataSource, prepare


def prepared(data, vectors="none", preset=SMALL, **options):
    return prepare(DataSource(data, vectors=str(vectors), **options), preset, RecordingProgress())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_messages(folder / "messages.csv")
    write_glove(folder / "glove.txt")
    return folder


@pytest.fixture(scope="module")
def usual(folder):
    return prepared(folder / "messages.csv", folder / "glove.txt")


def test_the_vocabulary_is_that_of_the_training_rows_alone(usual):
    index = usual.encoder.tokenizer.word_index
    # Each number stands in three rows, one a class, so one that no training row has is in held-out rows only.
    in_training = {word for row in usual.split.train for word in usual.dataset.texts[row].lower().split()}
    held_out = np.concatenate([usual.split.validation, usual.split.test])
    elsewhere = {word for row in held_out for word in usual.dataset.texts[row].lower().split()} - in_training
    assert not {word.strip(",") for word in elsewhere} & set(index)
    assert usual.encoder.tokenizer.document_count == len(usual.split.train) == 72


def test_a_word_of_a_held_out_row_alone_is_unknown(folder):
    """Each row has a word of its own."""
    header, *rows = (folder / "messages.csv").read_text(encoding="utf-8").splitlines()
    marked = [row.replace("again", f"mark{number}") for number, row in enumerate(rows)]
    (folder / "marked.csv").write_text("\n".join([header, *marked]), encoding="utf-8")
    result = prepared(folder / "marked.csv")
    known = {word for word in result.encoder.tokenizer.word_index if word.startswith("mark")}
    assert known == {f"mark{row}" for row in result.split.train}


def test_every_row_is_encoded_as_serving_does(usual):
    ids, _ = usual.encoder.encode(usual.dataset.texts)
    assert np.array_equal(usual.ids, ids)
    assert usual.ids.shape == (90, SMALL.network.sequence_length)


def test_the_examples_of_a_part_are_its_rows(usual):
    examples = usual.examples(usual.split.test)
    assert np.array_equal(examples.ids, usual.ids[usual.split.test])
    assert np.array_equal(examples.targets, usual.dataset.targets[usual.split.test])
    assert len(examples) == 9


def test_lengths_are_of_the_training_rows_before_truncation(folder):
    short = prepared(folder / "messages.csv", preset=replace(SMALL, network=replace(SMALL.network, sequence_length=4)))
    texts = [short.dataset.texts[row] for row in short.split.train]
    assert short.token_lengths.tolist() == [len(short.encoder.tokenizer.encode(text)) for text in texts]
    assert short.token_lengths.max() > 4
    assert short.ids.shape[1] == 4


@pytest.mark.parametrize("classes", [2, 5])
def test_the_network_has_as_many_classes_as_the_data(tmp_path, classes):
    result = prepared(write_messages(tmp_path / "data.csv", classes=classes))
    assert result.network.classes == classes
    assert result.dataset.labels == tuple(f"c{number}" for number in range(classes))


def test_vectors_are_frozen_and_none_are_learnt(folder, usual):
    assert usual.network.embedding_frozen
    assert usual.vectors.matrix.shape == (80, 4)
    learnt = prepared(folder / "messages.csv", "none")
    assert not learnt.network.embedding_frozen
    assert learnt.vectors.matrix is None


def test_vectors_of_few_of_the_words_are_not_frozen(folder, tmp_path):
    lines = (folder / "glove.txt").read_text(encoding="utf-8").splitlines()
    (tmp_path / "few.txt").write_text("\n".join(lines[:2]), encoding="utf-8")
    (tmp_path / "none.txt").write_text(lines[0].replace("on", "qqq", 1), encoding="utf-8")
    few, none = (prepared(folder / "messages.csv", tmp_path / name) for name in ("few.txt", "none.txt"))
    assert not few.network.embedding_frozen
    assert few.vectors.matrix[few.encoder.tokenizer.word_index["day"]].any()
    assert not none.network.embedding_frozen
    assert none.vectors.matrix is None


def test_a_preset_that_adapts_gets_the_sizes_that_the_data_need(folder, usual):
    most = replace(SMALL.network, vocabulary_size=5000, sequence_length=40, ngram_buckets=1 << 9)
    result = prepared(folder / "messages.csv", folder / "glove.txt", replace(SMALL, network=most, adapts=True))
    words, longest = len(usual.encoder.tokenizer.word_index), int(usual.token_lengths.max())
    assert result.network.vocabulary_size == words + 1 == result.encoder.tokenizer.size == len(result.vectors.matrix)
    assert longest <= result.network.sequence_length == result.encoder.sequence_length < longest + most.pool
    assert result.network.ngram_buckets == 64
    ids, _ = result.encoder.encode(result.dataset.texts)
    assert np.array_equal(result.ids, ids)
    assert np.array_equal(result.token_lengths, usual.token_lengths)


def test_the_rarest_words_go_where_there_are_too_many(folder):
    most = replace(SMALL.network, vocabulary_size=9)
    tokenizer = prepared(folder / "messages.csv", preset=replace(SMALL, network=most, adapts=True)).encoder.tokenizer
    whole = prepared(folder / "messages.csv").encoder.tokenizer
    assert list(tokenizer.word_index) == list(whole.word_index)[:8]
    assert tokenizer.word_counts == {word: whole.word_counts[word] for word in tokenizer.word_index}
    assert tokenizer.document_count == whole.document_count
    assert tokenizer.size == 9


def test_a_preset_that_does_not_adapt_keeps_its_sizes(usual):
    assert usual.network == replace(SMALL.network, classes=3)
    assert len(usual.encoder.tokenizer.word_index) + 1 < usual.encoder.tokenizer.size == 80


def test_many_texts_are_encoded_as_few_are(folder, usual, monkeypatch):
    monkeypatch.setattr("training.preparation._TEXTS_AT_ONCE", 7)
    result = prepared(folder / "messages.csv", folder / "glove.txt")
    assert np.array_equal(result.ids, usual.ids)
    assert np.array_equal(result.token_lengths, usual.token_lengths)


def test_the_matrix_has_the_vector_of_each_word_in_its_row(folder, usual):
    lines = (folder / "glove.txt").read_text(encoding="utf-8").splitlines()
    vectors = {word: np.array(numbers, np.float32) for word, *numbers in map(str.split, lines)}
    index = usual.encoder.tokenizer.word_index
    assert np.array_equal(usual.vectors.matrix[index["harbour"]], vectors["harbour"])
    assert not usual.vectors.matrix[0].any()
    assert usual.vectors.coverage.words_found == len(vectors.keys() & {w for w, id_ in index.items() if id_ < 80})


def test_the_split_follows_from_the_texts_and_the_shares_and_not_from_the_seed(folder, usual):
    training = replace(SMALL.training, validation_share=0.2, test_share=0.3)
    result = prepared(folder / "messages.csv", preset=replace(SMALL, training=training))
    expected = split_by_text(result.dataset.texts, result.dataset.targets, (0.5, 0.2, 0.3))
    other_seed = prepared(folder / "messages.csv", preset=SMALL.adapted(seed=8))
    for part in ("train", "validation", "test"):
        assert np.array_equal(getattr(result.split, part), getattr(expected, part))
        assert np.array_equal(getattr(other_seed.split, part), getattr(usual.split, part))


def changed(**training):
    return replace(SMALL, training=replace(SMALL.training, **training))


def test_how_long_to_go_on_does_not_make_it_another_run(folder, usual):
    longer = prepared(folder / "messages.csv", folder / "glove.txt", changed(epochs=99, patience=50))
    assert longer.identity() == usual.identity()


def test_seed_rate_data_and_vectors_make_it_another_run(folder, usual, tmp_path):
    data, glove = folder / "messages.csv", folder / "glove.txt"
    shorter = (data.read_text(encoding="utf-8").splitlines())[:-1]
    (tmp_path / "other.csv").write_text("\n".join(shorter), encoding="utf-8")
    (tmp_path / "other.txt").write_text(glove.read_text(encoding="utf-8").replace("harbour", "haven"), encoding="utf-8")
    others = [
        prepared(data, glove, changed(seed=4)),
        prepared(data, glove, changed(learning_rate=0.01)),
        prepared(data, glove, changed(batch_size=17)),
        prepared(data, glove, replace(SMALL, network=replace(SMALL.network, units=6))),
        prepared(tmp_path / "other.csv", glove),
        prepared(data, tmp_path / "other.txt"),
        prepared(data, "none"),
    ]
    identities = [str(each.identity()) for each in [usual, *others]]
    assert len(set(identities)) == len(identities)


def test_the_same_rows_in_another_file_are_the_same_run(folder, usual, tmp_path):
    copy = tmp_path / "renamed.csv"
    copy.write_bytes((folder / "messages.csv").read_bytes())
    assert prepared(copy, folder / "glove.txt").identity() == usual.identity()


def test_columns_by_other_names_are_taken(folder, usual, tmp_path):
    content = (folder / "messages.csv").read_text(encoding="utf-8").replace("text,label", "body,kind")
    (tmp_path / "named.csv").write_text(content, encoding="utf-8")
    result = prepared(tmp_path / "named.csv", text_column="body", label_column="kind")
    assert result.dataset.texts == usual.dataset.texts


def test_data_and_vectors_that_do_not_do_are_refused(folder, tmp_path):
    with pytest.raises(DataError, match="no such file"):
        prepared(tmp_path / "none.csv")
    with pytest.raises(VectorsError, match="5"):
        prepared(
            folder / "messages.csv",
            write_glove(tmp_path / "five.txt", dimension=5),
        )
    with pytest.raises(ConfigError, match="at least 3 positions"):
        SMALL.adapted(sequence_length=2)
