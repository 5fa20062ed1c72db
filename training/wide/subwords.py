"""Subwords: the character n-grams of each word. At serving they are part of the word's row, and cost nothing."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse

LENGTHS = (1, 6)
"""Characters of the shortest and the longest subword."""
_BEGIN, _END = "\ue000", "\ue001"
"""Private characters at both ends of a word: a prefix is another n-gram than the same letters inside."""
MOST = 1 << 17
"""Subwords; the rarest are left out."""


def subwords(word: str, lengths: tuple[int, int] = LENGTHS) -> set[str]:
    """The character n-grams of a word and its two ends, from the shortest length to the longest."""
    whole = f"{_BEGIN}{word}{_END}"
    shortest, longest = lengths
    return {whole[at : at + n] for n in range(shortest, longest + 1) for at in range(len(whole) - n + 1)}


def subword_matrix(words: Sequence[str], lengths: tuple[int, int] = LENGTHS, fewest: int = 2) -> sparse.csr_matrix:
    """(words, subwords) float32: 1 where the word has the subword; those of fewer than `fewest` words are left out.

    Columns are in the order of how many words have them, most first.
    """
    of_word = [sorted(subwords(word, lengths)) for word in words]
    frequency = Counter(each for found in of_word for each in found)
    common = [each for each, count in frequency.most_common(MOST) if count >= fewest]
    column = {each: at for at, each in enumerate(common)}
    columns = [[column[each] for each in found if each in column] for found in of_word]
    ends = np.cumsum([0, *map(len, columns)])
    flat = np.fromiter((at for found in columns for at in found), dtype=np.int32, count=ends[-1])
    return sparse.csr_matrix((np.ones(len(flat), np.float32), flat, ends), shape=(len(words), len(common)))
