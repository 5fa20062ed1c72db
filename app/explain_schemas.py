"""The answer of `POST /explain`, for OpenAPI. `app.explanation_json` builds it, without these classes."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from app.schemas import Prediction


class _Described(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class Neighbour(_Described):
    """A word whose vector points where another word's does."""

    word: str
    similarity: float
    """Cosine of the two words' rows of the embedding, -1 to 1."""


class Token(_Described):
    """A word of the text, and what became of it."""

    text: str
    """As it was written: `text[start:end]`."""
    word: str
    """As the vocabulary would have it."""
    start: int
    """Counted in code points, as Python does; JavaScript's strings count otherwise."""
    end: int
    """Exclusive."""
    id: int | None
    """The row of the embedding that stands for it; null where the word is dropped."""
    known: bool
    """Whether the vocabulary has it."""
    used: bool
    """Whether it is inside the window that the network sees."""
    position: int | None
    """Where in the window; null outside."""
    neighbours: list[Neighbour]
    """The five nearest words in the embedding, nearest first; none for a word outside the window, or an unknown one."""


class LayerStatistics(_Described):
    """Figures over all numbers that a layer gave."""

    minimum: float
    mean: float
    maximum: float
    zeros: float
    """Share of the numbers that are exactly 0."""


class ExplainedLayer(_Described):
    """A layer, and what it gave for this text. Of the last three, a layer has those that go with its kind."""

    name: str
    kind: str
    """Keras's class, such as `Conv1D`."""
    shape: list[int | None]
    """Without the batch, e.g. [46, 64]."""
    parameters: int
    summary: str
    """What it did, in a sentence with the figures of this text."""
    statistics: LayerStatistics | None
    activations: list[Any] | None = None
    """Its output, lists of lists of this shape, rounded to 5 decimals; those of the input are the ids. With
    `detail=full` alone; null for a layer of several outputs."""
    positions: list[list[int]] | None = None
    """Max pooling, `detail=full`: for each number kept, the step of the input that it came from."""
    states: list[list[float]] | None = None
    """LSTM, `detail=full`: its hidden state after each step."""
    logits: list[float] | None = None
    """The last layer: what the softmax is taken of."""


class Attributions(_Described):
    """How much each word moved the logit of a label, away from what padding alone gives."""

    label: str
    method: str
    baseline: str
    steps: int
    """Points of the path at which the gradient was taken."""
    values: list[float]
    """One a token, in logits; 0 for those that are not used."""
    logit: float
    """Of the label, for this text."""
    baseline_logit: float
    """Of the label, for padding alone."""
    gap: float
    """How far the values' sum is from the difference of the two logits; 0 or more."""
    relative_gap: float
    """The same as a share of that difference."""


class Phrase(_Described):
    """A window of the convolution, as a part of the text."""

    text: str
    """From the first to the last of its words: `text[start:end]`."""
    start: int
    """In code points."""
    end: int
    """Exclusive."""
    position: int
    """The window's number, counted from 0."""
    words: list[str]
    """Known words in it; fewer than its width where padding is in it."""
    wins: int
    """Numbers that max pooling kept from this window."""
    effect: float
    """Its share of the difference of logits, summed over the filters."""


class TrainingPhrase(_Described):
    """Words in a row that excite a filter, from the rows that the network was trained on."""

    words: list[str]
    activation: float
    count: int
    """How often they stand there."""


class ExplainedFilter(_Described):
    """A filter of the convolution."""

    filter: int
    """Its number, counted from 0."""
    effect: float
    """Its share of the difference of logits, summed over the windows."""
    activation: float
    """The most it gave for this text."""
    position: int | None
    """The window where it gave that; null where none excites it."""
    words: list[str]
    """What that window holds."""
    phrases: list[TrainingPhrase]
    """What excites it most in the training rows."""


class Ngram(_Described):
    """One to three words in a row, and what the tables of n-grams add for them."""

    text: str
    """From the first to the last of its words: `text[start:end]`."""
    start: int
    """In code points."""
    end: int
    """Exclusive."""
    order: int
    """1, 2 or 3."""
    words: list[str]
    """As many as `order`; fewer where the start of the text is part of it."""
    effect: float
    """On the logit of the explained label."""
    effects: dict[str, float]
    """On the logit of every label."""


class Parts(_Described):
    """What the two parts of a network say. The answer is the softmax of their sum over the temperature."""

    deep: dict[str, float]
    """Logits of the Conv1D-LSTM."""
    wide: dict[str, float]
    """Logits of the tables of n-grams, their bias included."""
    temperature: float
    """What the sum of both is divided by."""


class WithoutWord(_Described):
    """The answer when one word is left out, and the others close up."""

    token: int
    """Index into `tokens`."""
    word: str
    probabilities: dict[str, float]
    change: float
    """Of the probability of the explained label: without the word minus with it."""


class Explained(_Described):
    """What the network did with one text."""

    prediction: Prediction
    """As `POST /predict` answers."""
    label: str
    """Which one is explained: the one asked for, or the predicted one."""
    label_names: dict[str, str]
    """What to call each label in front of people."""
    tokens: list[Token]
    """The words of the text in order."""
    layers: list[ExplainedLayer]
    """In order, from the ids to the probabilities."""
    attributions: Attributions | None
    """Null for a network whose gradient cannot be told; `phrases` and `filters` are empty then."""
    phrases: list[Phrase]
    """Up to ten, the strongest effect first."""
    filters: list[ExplainedFilter]
    """The eight of the strongest effect."""
    ngrams: list[Ngram] | None
    """Up to ten that the tables know, the strongest effect first; null for a network without such tables."""
    parts: Parts | None
    """Null for a network of one part."""
    what_if: list[WithoutWord]
    """One for each known word inside the window."""
