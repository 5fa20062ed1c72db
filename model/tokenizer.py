"""The tokenizer: a text becomes words, words become ids, exactly as Keras's legacy `Tokenizer` does it.

Reads and writes the JSON of Keras's `Tokenizer.to_json()`. It neither pads (`model.padding`) nor works on
characters: a tokenizer file with `char_level` is refused.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from model.errors import TokenizerError

KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
"""The characters that Keras's Tokenizer turns into separators by default; the apostrophe is not one of them."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word and where it stands: `text[start:end]` is what became `word`; `id` is None where it is unknown."""

    word: str
    start: int
    end: int
    id: int | None


class Tokenizer:
    """Words to ids from 1 by frequency; 0 is padding. Immutable, so threads may share it.

    `num_words` is the number of embedding rows that the ids may address: a word whose id is `num_words` or
    more counts as unknown. Unknown words are dropped, or become `oov_token` where there is one.
    """

    _nothing: bytes | str = b""
    """What `_pieces` gives where there is no word."""

    def __init__(
        self,
        word_index: Mapping[str, int],
        *,
        num_words: int | None = None,
        filters: str = KERAS_FILTERS,
        lower: bool = True,
        split: str = " ",
        oov_token: str | None = None,
        word_counts: Mapping[str, int] | None = None,
        word_docs: Mapping[str, int] | None = None,
        document_count: int = 0,
    ) -> None:
        """Raises `TokenizerError` where the parts do not fit each other."""
        if len(split) != 1 or not split.isascii():
            raise TokenizerError(f"The tokenizer's split is {split!r}; only a single ASCII character is supported.")
        if oov_token is not None and oov_token not in word_index:
            raise TokenizerError(f"The tokenizer's oov_token {oov_token!r} has no id in its word_index.")
        self.word_index = dict(word_index)
        self.num_words = num_words or None
        self.filters, self.lower, self.split, self.oov_token = filters, lower, split, oov_token
        self.word_counts = dict(word_counts or {})
        self.word_docs = dict(word_docs or {})
        self.document_count = document_count
        self._wide_separators = [char for char in filters if not char.isascii()]
        narrow = "".join(filter(str.isascii, filters)).encode()
        self._separators = bytes.maketrans(narrow, split.encode() * len(narrow))
        self._split_byte = split.encode()
        self._not_separators = re.compile(f"[^{re.escape(filters + split)}]+")
        # Keyed by UTF-8: separators are replaced in bytes, five times as fast as in str.
        self._known = {self._key(word): id_ for word, id_ in self.word_index.items() if id_ < self.size}
        self._oov_id = None if oov_token is None else self.word_index[oov_token]

    @classmethod
    def fit(cls, texts: Iterable[str], *, num_words: int | None = None, oov_token: str | None = None) -> Self:
        """Learn the vocabulary: ids by falling frequency, words of equal frequency in order of appearance."""
        empty = cls({})
        word_counts: Counter[str] = Counter()
        word_docs: Counter[str] = Counter()
        document_count = 0
        for text in texts:
            words = empty.tokenize(text)
            word_counts.update(words)
            word_docs.update(dict.fromkeys(words, 1))
            document_count += 1
        by_frequency = sorted(word_counts, key=word_counts.__getitem__, reverse=True)
        vocabulary = by_frequency if oov_token is None else [oov_token, *by_frequency]
        return cls(
            {word: id_ for id_, word in enumerate(vocabulary, start=1)},
            num_words=num_words,
            oov_token=oov_token,
            word_counts=word_counts,
            word_docs=word_docs,
            document_count=document_count,
        )

    @property
    def size(self) -> int:
        """The number of rows an embedding needs for these ids, padding's row 0 among them."""
        return self.num_words or max(self.word_index.values(), default=0) + 1

    def tokenize(self, text: str) -> list[str]:
        """The words of `text`, known or not."""
        return [piece.decode("utf-8", "surrogatepass") for piece in self._pieces(text) if piece]

    def encode(self, text: str) -> list[int]:
        """The ids of the words of `text`, unpadded; unknown ones are dropped, or become the id of `oov_token`."""
        return self._ids(self._pieces(text))

    def encode_counting(self, text: str) -> tuple[list[int], int, int]:
        """The ids of `encode`, the number of words, and how many of those the vocabulary has."""
        pieces = self._pieces(text)
        ids = self._ids(pieces)
        known = len(ids) if self._oov_id is None else len(ids) - ids.count(self._oov_id)
        return ids, len(pieces) - pieces.count(self._nothing), known

    def tokens(self, text: str) -> list[Token]:
        """The words of `text` with their character spans in it, as it was before lower-casing."""
        lowered = text.lower() if self.lower else text
        # Lower-casing may lengthen a text (U+0130 becomes two characters), never shorten it.
        aligned = len(lowered) == len(text)
        origin = range(len(text)) if aligned else [i for i, char in enumerate(text) for _ in char.lower()]
        return [
            Token(match[0], origin[match.start()], origin[match.end() - 1] + 1, self._known.get(self._key(match[0])))
            for match in self._not_separators.finditer(lowered)
        ]

    def _pieces(self, text: str) -> list[Any]:
        """The words of `text` in UTF-8, and empty pieces where separators meet."""
        lowered = text.lower() if self.lower else text
        for char in self._wide_separators:
            lowered = lowered.replace(char, self.split)
        # An ASCII byte in UTF-8 is always that ASCII character, so replacing bytes is safe in any language.
        return _utf8(lowered).translate(self._separators).split(self._split_byte)

    @staticmethod
    def _key(word: str) -> bytes | str:
        """A word as `_pieces` gives it."""
        return _utf8(word)

    def _ids(self, pieces: list[Any]) -> list[int]:
        known, oov_id = self._known.get, self._oov_id
        if oov_id is None:
            return list(filter(None, map(known, pieces)))
        return [known(piece, oov_id) for piece in pieces if piece]


def _utf8(text: str) -> bytes:
    """UTF-8 that also takes the half surrogate pairs that JSON can carry."""
    return text.encode("utf-8", "surrogatepass")
