"""The encoder: texts become the matrix of ids that the network reads. Training and serving both use this one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.padding import Side, pad
from model.tokenizer import Tokenizer


class TokenCounts(NamedTuple):
    """What became of a text's words, so that a caller can tell a guess from knowledge."""

    total: int
    """Words in the text."""
    known: int
    """Words that the vocabulary has."""
    used: int
    """Ids inside the window that the network sees."""
    truncated: bool
    """Whether ids fell outside that window."""


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """A tokenizer and the window it fills."""

    tokenizer: Tokenizer
    sequence_length: int
    padding: Side = "pre"
    truncating: Side = "pre"

    def encode(self, texts: Sequence[str]) -> tuple[NDArray[np.int32], list[TokenCounts]]:
        """The ids (texts, sequence_length) int32, and what became of each text's words."""
        sequences: list[list[int]] = []
        counts: list[TokenCounts] = []
        for text in texts:
            ids, total, known = self.tokenizer.encode_counting(text)
            sequences.append(ids)
            used = min(len(ids), self.sequence_length)
            counts.append(TokenCounts(total, known, used, truncated=used < len(ids)))
        return self.pad(sequences), counts

    def pad(self, sequences: Sequence[Sequence[int]]) -> NDArray[np.int32]:
        """Ids of any lengths as (sequences, sequence_length) int32."""
        return pad(sequences, self.sequence_length, padding=self.padding, truncating=self.truncating)
