"""How much of a vocabulary, and of the text it comes from, has a word vector."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

TOP_MISSES = 20
LEAST_TOKENS = 0.5
"""Share of the running words below which an embedding that cannot learn sees too little of a text."""


@dataclass(frozen=True)
class Coverage:
    """Words of the vocabulary and their occurrences (tokens); `top_misses` are the most frequent without a vector."""

    words_found: int
    words_total: int
    tokens_found: int
    tokens_total: int
    top_misses: tuple[tuple[str, int], ...]

    @property
    def word_share(self) -> float:
        """Share of the words that have a vector, 0 to 1; 0 for an empty vocabulary."""
        return self.words_found / self.words_total if self.words_total else 0.0

    @property
    def token_share(self) -> float:
        """Share of the tokens whose word has a vector, 0 to 1; 0 where there are none."""
        return self.tokens_found / self.tokens_total if self.tokens_total else 0.0

    @property
    def suffices(self) -> bool:
        """Whether these vectors can stay as they are."""
        return self.token_share >= LEAST_TOKENS

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "words_found": self.words_found,
            "words_total": self.words_total,
            "word_share": self.word_share,
            "tokens_found": self.tokens_found,
            "tokens_total": self.tokens_total,
            "token_share": self.token_share,
            "top_misses": [{"word": word, "count": count} for word, count in self.top_misses],
        }


def vocabulary(word_index: Mapping[str, int], vocabulary_size: int) -> list[str]:
    """The words that the network sees: those with `0 < index < vocabulary_size`."""
    return [word for word, index in word_index.items() if 0 < index < vocabulary_size]


def measure_coverage(
    word_index: Mapping[str, int],
    word_counts: Mapping[str, int],
    vocabulary_size: int,
    found: Collection[str],
    top: int = TOP_MISSES,
) -> Coverage:
    """Coverage of the words that the network sees by the words `found`; `word_counts` are their occurrences."""
    found = frozenset(found)
    words = vocabulary(word_index, vocabulary_size)
    misses = [(word, word_counts.get(word, 0)) for word in words if word not in found]
    misses.sort(key=lambda miss: (-miss[1], miss[0]))
    tokens = sum(word_counts.get(word, 0) for word in words)
    return Coverage(
        words_found=len(words) - len(misses),
        words_total=len(words),
        tokens_found=tokens - sum(count for _, count in misses),
        tokens_total=tokens,
        top_misses=tuple(misses[:top]),
    )
