"""The one way to word vectors for a training: a file of the user's, the table in the box, or none at all."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.assets import assets_folder
from training.errors import VectorsError
from training.progress import Progress
from training.vectors.cache import VectorCache, cache_key
from training.vectors.coverage import Coverage, measure_coverage, vocabulary
from training.vectors.glove import WordVectors, read_glove
from training.vectors.matrix import embedding_matrix
from training.vectors.reading import reported
from training.vectors.source import VectorSource, find_source, open_lines
from training.vectors.spellings import every_spelling, spelt
from training.vectors.table import read_table

BOX = "box"
NONE = "none"
BOX_FILE = "glove.6B.100d.top50k.npz"


@dataclass(frozen=True)
class LoadedVectors:
    """`matrix` is float32 (vocabulary_size, dimension), None where no word has a vector.

    `coverage` is None where no vectors were asked for.
    """

    matrix: NDArray[np.float32] | None
    coverage: Coverage | None
    source: str


@dataclass(frozen=True, slots=True)
class ReadVectors:
    """What a file has for some words, read already: for many vocabularies, or for where the file is not."""

    vectors: WordVectors
    name: str
    """Of the file, without its folder."""

    def of(self, words: Collection[str]) -> "ReadVectors":
        """For these of its words alone, in the order of the file."""
        wanted = frozenset(words)
        chosen = [row for row, word in enumerate(self.vectors.words) if word in wanted]
        found = tuple(self.vectors.words[row] for row in chosen)
        return ReadVectors(WordVectors(found, self.vectors.rows[chosen], self.vectors.duplicates), self.name)


def load_vectors(
    choice: str,
    *,
    word_index: Mapping[str, int],
    word_counts: Mapping[str, int],
    vocabulary_size: int,
    dimension: int,
    cache_folder: Path | None,
    progress: Progress,
    any_spelling: bool = False,
    read: ReadVectors | None = None,
) -> LoadedVectors:
    """The embedding matrix of the words with `0 < index < vocabulary_size`, and how much of the text it covers.

    `choice` is `box` (the table that ships), `none` (the caller initializes the matrix), or a file: GloVe text,
    `.gz`, `.zip`, `file.zip:member`, or an `.npz` table. Rows parsed from text are kept in `cache_folder`, where one
    is given. With `any_spelling` a word without a vector takes that of another (`training.vectors.spellings`).
    `read` is what `read_vectors` gave for these words and more; then nothing is read. Raises `VectorsError`; its
    message names the file, the line where there is one, and the remedy.
    """
    if choice == NONE:
        return LoadedVectors(None, None, NONE)
    seen = vocabulary(word_index, vocabulary_size)
    words = every_spelling(seen) if any_spelling else seen
    found = read.of(words) if read else read_vectors(choice, words, dimension, cache_folder, progress)
    vectors, name = found.vectors, found.name
    if vectors.duplicates:
        progress.note(f"{name}: {vectors.duplicates} words occur again; the first vector of each was taken.")
    if any_spelling:
        vectors = spelt(seen, vectors)
    coverage = measure_coverage(word_index, word_counts, vocabulary_size, vectors.words)
    if not coverage.suffices:
        progress.warn(f"{name}: {_too_little(coverage)}")
    if not coverage.words_found:
        return LoadedVectors(None, coverage, name)
    return LoadedVectors(embedding_matrix(word_index, vocabulary_size, dimension, vectors), coverage, name)


def read_vectors(
    choice: str, words: list[str], dimension: int, cache_folder: Path | None, progress: Progress
) -> ReadVectors:
    """The vectors of `words` in what `choice` names, which is not `none`. Raises `VectorsError`."""
    if choice == BOX or choice.lower().endswith(".npz"):
        path = assets_folder() / "vectors" / BOX_FILE if choice == BOX else Path(choice)
        return ReadVectors(_from_table(path, words, dimension), path.name)
    source = find_source(choice, dimension)
    cache = VectorCache(cache_folder, progress) if cache_folder else None
    return ReadVectors(_from_text(source, words, dimension, cache, progress), source.short_name)


def _too_little(coverage: Coverage) -> str:
    if not coverage.words_found:
        return "no word of the vocabulary has a vector; the embedding is learnt from these texts alone."
    share = f"{coverage.token_share:.0%} of the running words"
    return f"only {share} have a vector; the embedding is learnt, beginning with those vectors."


def _from_table(path: Path, words: list[str], dimension: int) -> WordVectors:
    table = read_table(path)
    if table.dimension != dimension:
        raise VectorsError(
            f"{path} has {table.dimension} dimensions, {dimension} are asked for. Train with --embedding-dim "
            f"{table.dimension}, or give a GloVe file of {dimension} dimensions, e.g. --vectors "
            f"glove.6B.zip:glove.6B.{dimension}d.txt (python -m training fetch-vectors fetches it)."
        )
    return table.vectors(words)


def _from_text(
    source: VectorSource, words: list[str], dimension: int, cache: VectorCache | None, progress: Progress
) -> WordVectors:
    key = cache_key(source, words, dimension)
    kept = cache.load(key) if cache else None
    if kept is not None:
        progress.note(f"{source.short_name}: parsed before, taken from the cache.")
        return kept
    with open_lines(source) as stream:
        lines = reported(stream, f"Reading {source.short_name}", progress)
        vectors = read_glove(lines, words, dimension, name=source.name)
    if cache:
        cache.store(key, vectors)
    return vectors
