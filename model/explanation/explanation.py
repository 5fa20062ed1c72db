"""What an explanation consists of: figures and words, frozen.

How it is found is in the modules beside this one; how it is sent is not known here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.encoder import TokenCounts
from model.phrases import TrainingPhrase

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A word whose vector points where another word's does."""

    word: str
    similarity: float
    """Cosine of the two rows of the embedding, -1 to 1."""


@dataclass(frozen=True, slots=True)
class ExplainedToken:
    """A word of the text, and what became of it."""

    text: str
    """As it was written: `text[start:end]` of the original."""
    word: str
    """As the vocabulary would have it."""
    start: int
    """In code points."""
    end: int
    """Exclusive."""
    id: int | None
    """The row of the embedding that stands for it; None where it is dropped."""
    known: bool
    """Whether the vocabulary has it; a tokenizer may give one id to all words that it has not."""
    position: int | None
    """Where it stands in the window that the network sees; None where it does not."""
    neighbours: tuple[Neighbour, ...]
    """The nearest words, nearest first; none for a word outside the window, an unknown one, or one without a vector."""

    @property
    def used(self) -> bool:
        """Whether it is inside the window."""
        return self.position is not None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures over all numbers that a layer gave."""

    minimum: float
    mean: float
    maximum: float
    zeros: float
    """Share of them that are exactly 0."""


@dataclass(frozen=True, slots=True)
class ExplainedLayer:
    """A row of the manifest's table of layers, and what it gave for this text."""

    name: str
    kind: str
    """Keras's class, such as `Conv1D`."""
    shape: tuple[int | None, ...]
    """Without the batch, as in the manifest."""
    parameters: int
    summary: str
    """One sentence on what it did, with this text's figures."""
    statistics: Statistics | None
    """None where `activations` is."""
    activations: Floats | NDArray[np.int32] | None
    """Its output, of `shape`; int32 ids for the input layer; None for a layer of several outputs."""
    positions: NDArray[np.int32] | None = None
    """Pooling: for each number that it kept, the step of its input that it is from, e.g. (11, 64) of 0..45."""
    states: Floats | None = None
    """LSTM: its hidden state after each step, e.g. (11, 100)."""
    logits: Floats | None = None
    """The last layer, where it is a softmax: what that is taken of, e.g. (3,)."""


@dataclass(frozen=True, slots=True)
class Attributions:
    """How much each word moved the logit of a label away from what padding alone gives."""

    label: str
    steps: int
    """Points of the path at which the gradient was taken."""
    values: Floats
    """(tokens,) in logits; 0 for words that the network does not see."""
    logit: float
    """Of the label, for this text."""
    baseline_logit: float
    """Of the label, for padding alone."""
    gap: float
    """How far the sum of `values` is from `logit - baseline_logit`; 0 or more, in logits."""
    relative_gap: float
    """`gap` as a share of that difference, or of 0.0001 where that is smaller."""
    method: str = "integrated gradients"
    baseline: str = "padding"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A window of the convolution, as a part of the text."""

    text: str
    """The original from the first to the last word that the window holds."""
    start: int
    """In code points."""
    end: int
    """Exclusive."""
    position: int
    """The window's number, e.g. 0..45."""
    words: tuple[str, ...]
    """What the window holds; fewer than its width where padding is in it."""
    wins: int
    """Numbers that pooling kept from this window, without zeros; 0 where no max pooling follows."""
    effect: float
    """Its share of the difference of logits, summed over the filters."""


@dataclass(frozen=True, slots=True)
class ExplainedFilter:
    """A filter of the convolution."""

    filter: int
    effect: float
    """Its share of the difference of logits, summed over the windows."""
    activation: float
    """The most it gave for this text."""
    position: int | None
    """The window at which it gave that; None where no window excites it above 0."""
    words: tuple[str, ...]
    """What that window holds."""
    phrases: tuple[TrainingPhrase, ...]
    """What excites it most in the training rows; empty where the bundle has no such table."""


@dataclass(frozen=True, slots=True)
class Ngram:
    """One to three words in a row, and what the wide part adds to the logits where it finds them."""

    text: str
    """The original from the first to the last of its words."""
    start: int
    """In code points."""
    end: int
    """Exclusive."""
    order: int
    """1, 2 or 3."""
    words: tuple[str, ...]
    """As many as `order`; fewer where it begins with the start of the text, which counts as a word."""
    effect: float
    """On the logit of the explained label."""
    effects: Floats
    """On the logit of each class, (classes,)."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the two parts of a network say, each by itself: the softmax of the sum of both, over `temperature`."""

    deep: Floats
    """The logits (classes,) of the Conv1D-LSTM, before the temperature."""
    wide: Floats
    """The logits (classes,) of the tables of n-grams, before the temperature."""
    temperature: float


@dataclass(frozen=True, slots=True)
class WithoutWord:
    """What the network says when one word is left out."""

    token: int
    """Index into the tokens."""
    word: str
    probabilities: Floats
    """(classes,)"""
    change: float
    """Probability of the explained label without the word minus with it."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the network did with one text, and which of its words moved the answer."""

    label: str
    """Which label is explained: the one asked for, or the most probable."""
    probabilities: Floats
    """(classes,) in the order of the manifest's labels."""
    counts: TokenCounts
    tokens: tuple[ExplainedToken, ...]
    layers: tuple[ExplainedLayer, ...]
    """One a row of the manifest's table."""
    attributions: Attributions | None
    """None where the bundle has no signature `attribute`; `phrases` and `filters` are empty then."""
    phrases: tuple[Phrase, ...]
    """Windows that pooling kept something of, the strongest effect first. Effects are those of the deep part."""
    filters: tuple[ExplainedFilter, ...]
    """The strongest effect first."""
    ngrams: tuple[Ngram, ...] | None
    """The strongest effect first; None for a network without a wide part."""
    parts: Parts | None
    """None for a network without a wide part."""
    what_if: tuple[WithoutWord, ...]
    """One for each known word inside the window, in the order of the text."""
