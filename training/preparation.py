"""From a labelled file to what a network learns from: rows, split, vocabulary, ids and the embedding matrix."""

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.encoder import TextEncoder
from model.network_config import NetworkConfig
from model.tokenizer import Tokenizer
from training.config import TrainingConfig
from training.data.dataset import Dataset, load_dataset
from training.data.splitting import Split, split_by_text
from training.feedback import FeedbackCounts, join, read_feedback
from training.fit import Examples
from training.presets import Preset
from training.progress import Progress
from training.vectors.load import BOX, LoadedVectors, load_vectors


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
    tokenizer = Tokenizer.fit((dataset.texts[row] for row in split.train), num_words=preset.network.vocabulary_size)
    encoder = TextEncoder(tokenizer, preset.network.sequence_length)
    sequences = [tokenizer.encode(text) for text in dataset.texts]
    vectors = load_vectors(
        source.vectors,
        word_index=tokenizer.word_index,
        word_counts=tokenizer.word_counts,
        vocabulary_size=preset.network.vocabulary_size,
        dimension=preset.network.embedding_dim,
        cache_folder=source.cache,
        progress=progress,
    )
    return Prepared(
        preset=preset.name,
        dataset=dataset,
        split=split,
        encoder=encoder,
        ids=encoder.pad(sequences),
        token_lengths=np.array([len(sequences[row]) for row in split.train], dtype=np.int32),
        vectors=vectors,
        network=_fitted(preset.network, dataset, vectors),
        training=preset.training,
        feedback=feedback,
    )


def _split(dataset: Dataset, config: TrainingConfig) -> Split:
    held_out = config.validation_share + config.test_share
    fractions = (1 - held_out, config.validation_share, config.test_share)
    return split_by_text(dataset.texts, dataset.targets, fractions)


def _fitted(network: NetworkConfig, dataset: Dataset, vectors: LoadedVectors) -> NetworkConfig:
    """The preset's network for these classes; without vectors the embedding has to be learnt."""
    frozen = network.embedding_frozen and vectors.matrix is not None
    return replace(network, classes=len(dataset.labels), embedding_frozen=frozen)
