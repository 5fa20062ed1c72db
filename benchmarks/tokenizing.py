"""Texts to padded ids: our tokenizer against Keras's legacy Tokenizer with `pad_sequences`."""

from collections.abc import Sequence

import numpy as np
from keras.src.legacy.preprocessing.text import Tokenizer as KerasTokenizer
from keras.utils import pad_sequences

from benchmarks.rounds import Comparison, compare, timed
from model.encoder import TextEncoder
from model.tokenizer import Tokenizer


def compare_tokenizers(texts: Sequence[str], rounds: int) -> Comparison:
    """Encode `texts` with both; they must agree on every id."""
    ours = TextEncoder(Tokenizer.fit(texts, num_words=20_000), 50)
    theirs = KerasTokenizer(num_words=20_000)
    theirs.fit_on_texts(texts)
    expected = pad_sequences(theirs.texts_to_sequences(texts), maxlen=50)
    if not np.array_equal(ours.encode(texts)[0], expected):
        raise AssertionError("the two tokenizers disagree, so their times cannot be compared")
    return compare(
        f"tokenize and pad {len(texts):,} texts, against Keras's Tokenizer",
        lambda: timed(lambda: ours.pad([ours.tokenizer.encode(text) for text in texts])),
        lambda: timed(lambda: pad_sequences(theirs.texts_to_sequences(texts), maxlen=50)),
        rounds,
    )
