"""Where the words of a text stand in the window of ids that the network reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.encoder import TextEncoder, TokenCounts
from model.tokenizer import Token


@dataclass(frozen=True, slots=True)
class Placed:
    """A word that has an id, so that it takes part in filling the window."""

    token: int
    """Index into the tokens."""
    id: int
    known: bool
    """Whether the vocabulary has it; all others may have one id in common."""
    position: int | None
    """None where it was cut off."""


def place(tokens: Sequence[Token], encoder: TextEncoder) -> list[Placed]:
    """The tokens that have an id, in order, with their places in the window that `encoder` fills with them."""
    tokenizer, length = encoder.tokenizer, encoder.sequence_length
    unknown = None if tokenizer.oov_token is None else tokenizer.word_index[tokenizer.oov_token]
    ids = [(index, unknown if token.id is None else token.id) for index, token in enumerate(tokens)]
    present = [(index, id_) for index, id_ in ids if id_ is not None]
    count = len(present)
    used = min(count, length)
    first = count - used if encoder.truncating == "pre" else 0
    begin = length - used if encoder.padding == "pre" else 0
    return [
        Placed(index, id_, id_ != unknown, begin + rank - first if first <= rank < first + used else None)
        for rank, (index, id_) in enumerate(present)
    ]


def count_tokens(tokens: Sequence[Token], placed: Sequence[Placed]) -> TokenCounts:
    """What `TextEncoder.encode` counts for a text of these tokens."""
    known, used = sum(word.known for word in placed), sum(word.position is not None for word in placed)
    return TokenCounts(len(tokens), known, used, truncated=used < len(placed))
