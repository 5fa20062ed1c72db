"""The phrases of each filter: the words in a row, of the training rows, that excite it most.

Found once a training, for `model.phrases` to keep in the bundle: words and figures only, never a whole text.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.phrases import FilterPhrases, Phrases, TrainingPhrase
from model.tokenizer import Tokenizer

MOST = 5
"""Phrases kept of each filter."""
_BATCH = 8192
"""Phrases looked at together: 16 MB of embedded words in `reference`."""

Ids = NDArray[np.int32]
Floats = NDArray[np.float32]


def find_phrases(network: Any, ids: Ids, tokenizer: Tokenizer) -> Phrases:
    """What excites each filter of a network that `model.network.build` made, in ids (rows, sequence_length).

    A phrase is as long as the convolution is wide; where a text is no longer than that, it is left out.
    """
    kernel, bias = network.get_layer("convolution").get_weights()  # (width, dim, filters), (filters,)
    width = len(kernel)
    phrases, counts = _distinct(ids, width)
    (vectors,) = network.get_layer("embedding").get_weights()  # (vocabulary, dim)
    best, activations = _strongest(phrases, vectors, kernel.reshape(-1, len(bias)), bias)  # (filters, MOST), twice
    words = {id_: _printable(word) for word, id_ in tokenizer.word_index.items() if id_ < tokenizer.size}
    told = [tuple(words[id_] for id_ in phrase) for phrase in phrases[best].reshape(-1, width).tolist()]
    each = [
        TrainingPhrase(phrase, round(activation, 4), count)
        for phrase, activation, count in zip(
            told, activations.ravel().tolist(), counts[best].ravel().tolist(), strict=True
        )
    ]  # (filters * MOST,)
    most = best.shape[1]
    filters = [
        FilterPhrases(number, tuple(phrase for phrase in each[number * most :][:most] if phrase.activation > 0))
        for number in range(len(bias))
    ]
    return Phrases("convolution", width, tuple(filters))


def _distinct(ids: Ids, width: int) -> tuple[Ids, NDArray[np.intp]]:
    """The windows without padding (phrases, width) and how often each occurs (phrases,); no window is a whole text."""
    longer = ids[np.count_nonzero(ids, axis=1) > width]
    windows = np.lib.stride_tricks.sliding_window_view(longer, width, axis=1)  # (rows, windows, width)
    return np.unique(windows[(windows > 0).all(axis=2)], axis=0, return_counts=True)


def _strongest(phrases: Ids, vectors: Floats, kernel: Floats, bias: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The rows of `phrases` that excite each filter most and how much, (filters, MOST) both, the strongest first.

    `kernel` is (width * dim, filters). Rounding may tell these activations from the network's own in the last digits.
    """
    rows, values = np.empty((len(bias), 0), np.intp), np.empty((len(bias), 0), np.float32)
    for start in range(0, len(phrases), _BATCH):
        batch = phrases[start : start + _BATCH]
        embedded = vectors[batch].astype(kernel.dtype, copy=False).reshape(len(batch), -1)  # (batch, width * dim)
        given = np.maximum(embedded @ kernel + bias, 0).T  # (filters, batch)
        numbers = np.broadcast_to(np.arange(start, start + len(batch)), given.shape)
        rows, values = np.hstack([rows, numbers]), np.hstack([values, given])  # (filters, MOST + batch)
        order = np.argsort(-values, axis=1, kind="stable")[:, :MOST]
        rows, values = np.take_along_axis(rows, order, 1), np.take_along_axis(values, order, 1)  # (filters, MOST)
    return rows, values


def _printable(word: str) -> str:
    """JSON can bring half a surrogate pair into a text, which UTF-8 cannot take out again; that becomes `?`."""
    return word.encode("utf-8", "replace").decode("utf-8")
