"""An explanation with something in every place, and an explainer that gives it."""

from dataclasses import replace

import numpy as np

from model.encoder import TokenCounts
from model.errors import NotExplainableError
from model.explanation.explanation import (
    Attributions,
    ExplainedFilter,
    ExplainedLayer,
    ExplainedToken,
    Explanation,
    Neighbour,
    Ngram,
    Parts,
    Phrase,
    Statistics,
    WithoutWord,
)
from model.phrases import TrainingPhrase


def floats(*values):
    return np.array(values, dtype=np.float32)


EXPLANATION = Explanation(
    label="many",
    probabilities=floats(0.25, 0.75),
    counts=TokenCounts(total=2, known=1, used=1, truncated=False),
    tokens=(
        ExplainedToken("Three", "three", 0, 5, 3, known=True, position=7, neighbours=(Neighbour("two", 0.5),)),
        ExplainedToken("unknown", "unknown", 6, 13, None, known=False, position=None, neighbours=()),
    ),
    layers=(
        ExplainedLayer(
            "ids", "InputLayer", (2,), 0, "One word.", Statistics(0.0, 1.5, 3.0, 0.5), np.array([0, 3], np.int32)
        ),
        ExplainedLayer(
            "pooling",
            "MaxPooling1D",
            (1, 2),
            0,
            "The larger.",
            Statistics(0.1, 0.2, 0.3, 0.0),
            floats([0.123456789, 1 / 3]),
            positions=np.array([[0, 1]], np.int32),
        ),
        ExplainedLayer(
            "lstm", "LSTM", (2,), 24, "One step.", Statistics(0.0, 0.5, 1.0, 0.5), floats(0, 1), states=floats([0, 1])
        ),
        ExplainedLayer("two", "Custom", (None, 2), 0, "Two outputs.", None, None),
        ExplainedLayer(
            "out",
            "Dense",
            (2,),
            4,
            "A softmax.",
            Statistics(0.25, 0.5, 0.75, 0.0),
            floats(0.25, 0.75),
            logits=floats(-0.549306, 0.549306),
        ),
    ),
    attributions=Attributions("many", 16, floats(0.5, 0), 0.5, -0.25, 0.25, 0.5),
    phrases=(Phrase("Three", 0, 5, 1, ("three",), 2, 0.75),),
    filters=(ExplainedFilter(1, -0.5, 2.0, 1, ("three",), (TrainingPhrase(("one", "two"), 3.5, 4),)),),
    ngrams=(Ngram("Three", 0, 5, 2, ("three",), 1.25, floats(-0.5, 1.25)),),
    parts=Parts(floats(0.5, -1), floats(-0.5, 2), 2.0),
    what_if=(WithoutWord(0, "three", floats(1, 0), -0.75),),
)
BARE = replace(EXPLANATION, attributions=None, phrases=(), filters=(), tokens=(), ngrams=None, parts=None, what_if=())
"""What is left of it for a network that others have exported."""


class FakeExplainer:
    """Gives one explanation, or raises what it is told to; keeps what it was asked."""

    def __init__(self, explanation=EXPLANATION):
        self.explanation = explanation
        self.asked: list[tuple[str, str | None]] = []
        self.error: Exception | None = None

    def explain(self, text, label=None):
        self.asked.append((text, label))
        if self.error is not None:
            raise self.error
        return self.explanation


NOT_EXPLAINABLE = NotExplainableError("The bundle has no signature 'explain'.")
