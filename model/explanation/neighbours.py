"""The words nearest to a word: those whose rows of the embedding point the same way."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.explanation.explanation import Neighbour
from model.tokenizer import Tokenizer

NEAREST = 5
_MOST_CACHED = 8192
"""Words whose neighbours are kept: some 5 MB, and nearly all of the words of most texts."""
_MOST_AT_ONCE = 64
"""Words compared with the vocabulary at a time: 5 MB of similarities in `reference`."""


class Neighbours:
    """Nearest words by cosine. Threads may share it. The vectors are read at the first use, and kept normalised."""

    def __init__(self, tokenizer: Tokenizer, vectors: Callable[[], NDArray[np.float32]]) -> None:
        """`vectors` gives (vocabulary, dim), row 0 being padding; all 0 is no vector."""
        self._tokenizer, self._read = tokenizer, vectors
        self._lock = threading.Lock()
        self._vocabulary: _Vocabulary | None = None
        self._cache: OrderedDict[int, tuple[Neighbour, ...]] = OrderedDict()

    def of(self, ids: Iterable[int]) -> dict[int, tuple[Neighbour, ...]]:
        """By id, the five nearest other words, nearest first; none for a word without a vector."""
        wanted = set(ids)
        with self._lock:
            found = {id_: self._cache[id_] for id_ in wanted & self._cache.keys()}
            for id_ in found:
                self._cache.move_to_end(id_)
            missing = sorted(wanted - found.keys())
            for start in range(0, len(missing), _MOST_AT_ONCE):
                part = missing[start : start + _MOST_AT_ONCE]
                found.update(zip(part, self._find(part), strict=True))
            self._cache.update((id_, found[id_]) for id_ in missing)
            while len(self._cache) > _MOST_CACHED:
                self._cache.popitem(last=False)
        return found

    def _find(self, ids: list[int]) -> list[tuple[Neighbour, ...]]:
        if self._vocabulary is None:
            self._vocabulary = _vocabulary(self._tokenizer, self._read())
        words, directions, nameless = self._vocabulary
        similarities = directions[ids] @ directions.T  # (ids, vocabulary)
        similarities[np.arange(len(ids)), ids] = -np.inf
        similarities[:, nameless] = -np.inf
        rows = zip(ids, similarities, strict=True)
        return [_nearest(row, words) if directions[id_].any() else () for id_, row in rows]


class _Vocabulary(NamedTuple):
    """What words are compared by."""

    words: list[str]
    """By id; empty where there is no word or no vector."""
    directions: NDArray[np.float32]
    """(vocabulary, dim), of length 1, or 0 where there is no vector."""
    nameless: NDArray[np.intp]
    """The ids without a word or a vector."""


def _vocabulary(tokenizer: Tokenizer, vectors: NDArray[np.float32]) -> _Vocabulary:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)  # (vocabulary, 1)
    directions = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    words = [""] * len(vectors)
    for word, id_ in tokenizer.word_index.items():
        if 0 < id_ < min(len(vectors), tokenizer.size) and lengths[id_, 0] > 0 and word != tokenizer.oov_token:
            words[id_] = word
    return _Vocabulary(words, directions, np.flatnonzero([not word for word in words]))


def _nearest(similarities: NDArray[np.float32], words: list[str]) -> tuple[Neighbour, ...]:
    count = min(NEAREST, len(similarities))
    nearest = np.argpartition(similarities, -count)[-count:]
    ordered = sorted(nearest.tolist(), key=lambda id_: (-similarities[id_], id_))
    return tuple(Neighbour(words[id_], float(similarities[id_])) for id_ in ordered if similarities[id_] > -np.inf)
