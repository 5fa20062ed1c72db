"""Word vectors for nodes that have not the file: read once, for every word of the data, and shipped as numbers.

The table in the box is on every node. So no node needs a file of the machine that asks.
"""

from collections.abc import Iterable
from pathlib import Path

from model.cased_tokenizer import CasedTokenizer
from model.tokenizer import Tokenizer
from training.data.dataset import Dataset
from training.presets import Preset
from training.progress import Progress
from training.vectors.load import BOX, NONE, ReadVectors, read_vectors
from training.vectors.spellings import every_spelling


def vectors_to_ship(
    choice: str, dataset: Dataset, preset: Preset, dimensions: Iterable[int], cache: Path | None, progress: Progress
) -> dict[int, ReadVectors]:
    """For `DataSource.read`, by dimension; empty where no file is chosen. Raises `VectorsError`.

    What a part of the rows takes of it is what it would take of the file, since its words are among all words.
    """
    if choice in (BOX, NONE):
        return {}
    kind = CasedTokenizer if preset.cased else Tokenizer
    words = list(kind.fit(dataset.texts).word_index)
    wanted = every_spelling(words) if preset.cased else words
    return {each: read_vectors(choice, wanted, each, cache, progress) for each in dimensions}
