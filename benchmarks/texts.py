"""Texts to measure with: made of the vocabulary's own words, as often as in real text, or read from a file."""

import csv
from pathlib import Path

import numpy as np

from benchmarks.bundles import REFERENCE_BUNDLE
from model.bundle import verify
from model.tokenizer import Tokenizer

SHORTEST, LONGEST = 7, 47
"""Words a text: 27 on average, as in the sentences that the default model learnt from."""


def generated(tokenizer: Tokenizer, count: int, seed: int = 0) -> list[str]:
    """`count` texts of random words; the word of rank r comes with a frequency of 1 / (r + 2.7) (Zipf-Mandelbrot)."""
    words = sorted(tokenizer.word_index, key=tokenizer.word_index.__getitem__)
    weights = 1 / (np.arange(1, len(words) + 1) + 2.7)
    random = np.random.default_rng(seed)
    lengths = random.integers(SHORTEST, LONGEST, size=count, endpoint=True)
    chosen = random.choice(len(words), size=lengths.sum(), p=weights / weights.sum())
    parts = np.split(chosen, np.cumsum(lengths)[:-1])
    return [" ".join(words[index] for index in part).capitalize() + "." for part in parts]


def texts_for(count: int, data: Path | None = None) -> list[str]:
    """`count` texts: of the column `text` of the CSV file `data`, or made of the default model's words without one."""
    if data is None:
        return generated(verify(REFERENCE_BUNDLE).encoder.tokenizer, count)
    with data.open(encoding="utf-8", newline="") as file:
        rows = [row["text"] for row in csv.DictReader(file)]
    return [rows[index % len(rows)] for index in range(count)]
