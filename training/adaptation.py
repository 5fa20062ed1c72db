"""Sizes of a network that follow from the data: how much of a text it reads, how many words and n-grams it knows.

A preset that adapts (`training.presets.Preset.adapts`) gives the most there may be; no data set gets more, and a small
one less. The layers in between stay as wide as they are: those are hyper-parameters.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.network_config import NetworkConfig
from model.ngrams import ORDER, SLOTS

WHOLE = 0.98
"""Share of the training texts that fit into the sequence as a whole; the others lose their beginning."""
FILLED = 0.75
"""Share of the n-gram table's slots that may be taken; in a fuller one, buckets lose their rarest n-grams."""
FEWEST_BUCKETS = 1 << 6
"""Of the n-gram table; below that it is a few kilobytes whatever the number."""
_CHECK_BYTES = 2
"""Of a slot, beside a byte a class."""


def adapt(
    network: NetworkConfig, *, token_lengths: NDArray[np.integer], words: int, ngrams: int, classes: int
) -> NetworkConfig:
    """`network`, whose sizes are the most there may be, as large as these training rows need.

    `token_lengths` (rows,) are ids before truncation, `words` the distinct ones, `ngrams` the distinct 2- and 3-grams.
    What `network` sets aside for its own number of classes is the bound for any other: more classes share it. So the
    tables, which are nearly all of a bundle, never grow beyond those of the preset.
    """
    return replace(
        network,
        classes=classes,
        sequence_length=sequence_length(network, token_lengths),
        vocabulary_size=vocabulary_size(network, words, classes),
        ngram_buckets=ngram_buckets(network, ngrams, classes),
    )


def sequence_length(network: NetworkConfig, token_lengths: NDArray[np.integer]) -> int:
    """Ids a text is padded to: such that `WHOLE` of the texts fit, and that pooling leaves no window over."""
    wanted = int(np.quantile(token_lengths, WHOLE, method="higher")) if len(token_lengths) else 0
    shortest = network.width - 1  # what the convolution takes from the first window
    steps = max(1, -(-(wanted - shortest) // network.pool))
    return shortest + min(steps, network.steps) * network.pool


def vocabulary_size(network: NetworkConfig, words: int, classes: int) -> int:
    """Rows of the embedding, padding's among them; the rarest words go where there are more."""
    most = network.vocabulary_size
    if network.has_wide_part and classes > network.classes:  # a row of numbers a word in both parts
        most = most * (network.embedding_dim + network.classes) // (network.embedding_dim + classes)
    return max(2, min(words + 1, most))


def ngram_buckets(network: NetworkConfig, ngrams: int, classes: int) -> int:
    """Buckets of the n-gram table: the power of two that has room for all n-grams, or the most there may be."""
    if not network.has_wide_part:
        return 0
    share = min(1, (_CHECK_BYTES + network.classes) / (_CHECK_BYTES + classes))
    most = 1 << max(0, int(network.ngram_buckets * share).bit_length() - 1)
    wanted = 1 << max(0, math.ceil(ngrams / (SLOTS * FILLED)) - 1).bit_length()
    return min(max(FEWEST_BUCKETS, wanted), most)


def count_ngrams(ids: NDArray[np.int32], *, enough: int, rows: int = 4096) -> int:
    """The distinct n-grams of 2 to `model.ngrams.ORDER` ids in ids (texts, length), padding in front.

    Counts what `model.ngrams.place` tells apart: those that end at a word, padding before the first being one of them.
    Looks at so many `rows` at a time and no further once there are more than `enough`: a large data set has millions.
    """
    seen = np.empty(0, np.uint64)
    for start in range(0, len(ids), rows):
        seen = np.union1d(seen, _ngrams(ids[start : start + rows]))
        if len(seen) > enough:
            break
    return len(seen)


def _ngrams(ids: NDArray[np.int32]) -> NDArray[np.uint64]:
    """A number for each 2-gram and 3-gram in ids (texts, length); equal ones have equal numbers."""
    padded = np.pad(ids.astype(np.uint64), ((0, 0), (ORDER - 1, 0)))  # (texts, length + 2)
    words = [padded[:, at : padded.shape[1] - ORDER + 1 + at] for at in range(ORDER)]
    at_word = ids != 0
    base = np.uint64(1 << 21)  # above any id; three of them fill 63 bits
    numbers, found = words[-1], []
    for back in range(2, ORDER + 1):
        numbers = numbers + (words[-back] + np.uint64(1)) * base ** np.uint64(back - 1)
        found.append(numbers[at_word])
    return np.unique(np.concatenate(found))
