"""A tokenizer to which case and punctuation say something: words as they are written, and single marks between them."""

from model.tokenizer import Token, Tokenizer
from model.words import pattern_for


class CasedTokenizer(Tokenizer):
    """As `Tokenizer`, but what a word is says `model.words`; `filters`, `lower` and `split` have no part in it."""

    _nothing = ""

    def tokenize(self, text: str) -> list[str]:
        """The words and marks of `text`, known or not."""
        return list(filter(None, self._pieces(text)))

    def tokens(self, text: str) -> list[Token]:
        """The words and marks of `text` with their character spans in it."""
        found = ((match[1], *match.span(1)) for match in pattern_for(text).finditer(text))
        return [Token(word, start, end, self._known.get(word)) for word, start, end in found if word]

    def _pieces(self, text: str) -> list[str]:
        return pattern_for(text).findall(text)

    @staticmethod
    def _key(word: str) -> str:
        return word
