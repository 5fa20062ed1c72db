"""From a labelled file to what a network learns from: rows, split, vocabulary, ids and the embedding matrix."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.cased_tokenizer import CasedTokenizer
from model.encoder import TextEncoder
from model.network_config import NetworkConfig
from model.ngrams import SLOTS
from model.tokenizer import Tokenizer
from training import adaptation
from training.config import TrainingConfig
from training.data.dataset import Dataset, load_dataset
from training.data.splitting import Split, split_by_text
from training.feedback import FeedbackCounts, join, read_feedback
from training.fit import Examples
from training.presets import Preset
from training.progress import Progress
from training.vectors.load import BOX, LoadedVectors, ReadVectors, load_vectors

_TEXTS_AT_ONCE = 4096
"""Encoded before they are padded: lists of ids take some ten times what the padded ones do."""


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where the rows and the word vectors come from."""

    data: Path
    text_column: str | None = None
    label_column: str | None = None
    vectors: str = BOX
    """As `training.vectors.load.load_vectors` takes it."""
    cache: Path | None = None
    """Folder for word vectors that were parsed before."""
    feedback: Path | None = None
    """What `training.feedback.read_feedback` reads."""
    read: Mapping[int, ReadVectors] = field(default_factory=dict)
    """By dimension, word vectors that were read from `vectors` already."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that the fit and its report need; nothing here depends on how the fit goes."""

    preset: str
    dataset: Dataset
    split: Split
    encoder: TextEncoder
    ids: NDArray[np.int32]
    """(rows, sequence_length), every row of the data set"""
    token_lengths: NDArray[np.int32]
    """(training rows,), ids before truncation"""
    vectors: LoadedVectors
    network: NetworkConfig
    training: TrainingConfig
    feedback: FeedbackCounts | None = None
    """What became of the feedback, where there was any."""

    def examples(self, rows: NDArray[np.int64]) -> Examples:
        """The rows of one part of the split."""
        return Examples(self.ids[rows], self.dataset.targets[rows])

    def identity(self) -> dict[str, Any]:
        """What makes another run the same run, as JSON. How long to go on is not part of it."""
        matrix = self.vectors.matrix
        training = asdict(self.training)
        return {
            "data": self.dataset.fingerprint,
            "vectors": None if matrix is None else hashlib.sha256(matrix.tobytes()).hexdigest(),
            "network": asdict(self.network),
            "training": {k: v for k, v in training.items() if k not in ("epochs", "patience")},
        }


def prepare(source: DataSource, preset: Preset, progress: Progress) -> Prepared:
    """Read, check, split, tokenize and look up. The vocabulary is that of the training rows alone.

    Raises `DataError` or `VectorsError`.
    """
    dataset = load_dataset(
        source.data, text_column=source.text_column, label_column=source.label_column, progress=progress
    )
    split, feedback = _split(dataset, preset.training), None
    if source.feedback is not None:
        dataset, split, feedback = join(dataset, split, read_feedback(source.feedback))
        progress.note(feedback.sentence)
    return prepare_split(dataset, split, source, preset, progress, feedback=feedback)


def prepare_split(
    dataset: Dataset,
    split: Split,
    source: DataSource,
    preset: Preset,
    progress: Progress,
    *,
    feedback: FeedbackCounts | None = None,
) -> Prepared:
    """The same for rows that were read and split already. Raises `VectorsError`."""
    classes = len(dataset.labels)
    kind = CasedTokenizer if preset.cased else Tokenizer
    tokenizer = kind.fit((dataset.texts[row] for row in split.train), num_words=preset.network.vocabulary_size)
    if preset.adapts:
        words = len(tokenizer.word_index)
        tokenizer = limited(tokenizer, adaptation.vocabulary_size(preset.network, words, classes))
    ids, lengths = _encoded(TextEncoder(tokenizer, preset.network.sequence_length), dataset.texts)
    network = replace(preset.network, classes=classes)
    if preset.adapts:
        network = _adapted(preset.network, ids[split.train], lengths[split.train], words, classes)
        ids = ids[:, -network.sequence_length :].copy()  # padding and cuts are in front
    vectors = load_vectors(
        source.vectors,
        word_index=tokenizer.word_index,
        word_counts=tokenizer.word_counts,
        vocabulary_size=network.vocabulary_size,
        dimension=network.embedding_dim,
        cache_folder=source.cache,
        progress=progress,
        any_spelling=isinstance(tokenizer, CasedTokenizer),
        read=source.read.get(network.embedding_dim),
    )
    return Prepared(
        preset=preset.name,
        dataset=dataset,
        split=split,
        encoder=TextEncoder(tokenizer, network.sequence_length),
        ids=ids,
        token_lengths=lengths[split.train],
        vectors=vectors,
        network=_frozen_where_covered(network, vectors),
        training=preset.training,
        feedback=feedback,
    )


def limited(tokenizer: Tokenizer, size: int) -> Tokenizer:
    """The tokenizer with those words alone whose ids are below `size`, so that its file holds no others."""
    index = {word: id_ for word, id_ in tokenizer.word_index.items() if id_ < size}
    counts, docs = (
        {word: count for word, count in table.items() if word in index}
        for table in (tokenizer.word_counts, tokenizer.word_docs)
    )
    return type(tokenizer)(
        index, num_words=size, word_counts=counts, word_docs=docs, document_count=tokenizer.document_count
    )


def _split(dataset: Dataset, config: TrainingConfig) -> Split:
    held_out = config.validation_share + config.test_share
    fractions = (1 - held_out, config.validation_share, config.test_share)
    return split_by_text(dataset.texts, dataset.targets, fractions)


def _encoded(encoder: TextEncoder, texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """(texts, sequence_length) ids, and (texts,) how many each text has untruncated; a part of the texts at a time."""
    ids = np.empty((len(texts), encoder.sequence_length), dtype=np.int32)
    lengths = np.empty(len(texts), dtype=np.int32)
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        sequences = [encoder.tokenizer.encode(text) for text in texts[start : start + _TEXTS_AT_ONCE]]
        end = start + len(sequences)
        ids[start:end] = encoder.pad(sequences)
        lengths[start:end] = [len(sequence) for sequence in sequences]
    return ids, lengths


def _adapted(
    network: NetworkConfig, ids: NDArray[np.int32], lengths: NDArray[np.int32], words: int, classes: int
) -> NetworkConfig:
    """The network for training rows of these ids (rows, length) and `lengths` (rows,) untruncated."""
    ngrams = adaptation.count_ngrams(ids, enough=network.ngram_buckets * SLOTS) if network.has_wide_part else 0
    return adaptation.adapt(network, token_lengths=lengths, words=words, ngrams=ngrams, classes=classes)


def _frozen_where_covered(network: NetworkConfig, vectors: LoadedVectors) -> NetworkConfig:
    """Frozen vectors are of use only for words that have one; otherwise the embedding has to be learnt."""
    covered = vectors.matrix is not None and vectors.coverage is not None and vectors.coverage.suffices
    return replace(network, embedding_frozen=network.embedding_frozen and covered)
