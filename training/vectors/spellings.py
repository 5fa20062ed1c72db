"""Under which other spelling a word has a vector, where words keep their case: GloVe 6B is all lower case.

For tokenizers that lower-case nothing is looked up but the word itself.
"""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from training.vectors.glove import WordVectors

_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_POSSESSIVE = "'s"


def spellings(word: str) -> list[str]:
    """The word, and what to look up in its place, the closest first: `Sooo` is sooo, soo or so; `Anna's` is anna."""
    lower = word.replace("\u2019", "'").lower()
    candidates = [word, lower, lower.removesuffix(_POSSESSIVE)]
    candidates += [_DRAWN_OUT.sub(letters, lower) for letters in (r"\1\1", r"\1")]
    return list(dict.fromkeys(candidates))


def every_spelling(words: Iterable[str]) -> list[str]:
    """All that may be looked up for the words, each once."""
    return list(dict.fromkeys(spelling for word in words for spelling in spellings(word)))


def spelt(words: Sequence[str], vectors: WordVectors) -> WordVectors:
    """For each of the words the vector of its closest spelling that has one; words without any are left out."""
    row_of = {word: row for row, word in enumerate(vectors.words)}
    rows = {word: row_of[found] for word in words if (found := _first(word, row_of)) is not None}
    return WordVectors(tuple(rows), vectors.rows[np.fromiter(rows.values(), np.intp)], vectors.duplicates)


def _first(word: str, known: dict[str, int]) -> str | None:
    return next((spelling for spelling in spellings(word) if spelling in known), None)
