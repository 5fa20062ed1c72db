"""What a network has to beat: TF-IDF of word 1-2-grams with logistic regression, fitted on the same split.

Not tuned a data set: one setting for all, so that a run needs seconds. It is never exported or served.
"""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from training.errors import TrainingError
from training.evaluation import Evaluation, evaluate

_WORD = r"\w+|[^\w\s]"
"""Words of any length and single punctuation marks. On the sentences of three authors, a seeded tenth held out,
scikit-learn's own pattern (words of two letters and more) gave log loss 0.43 where this one gives 0.39."""
_MAX_FEATURES = 50_000
"""The most frequent 1-2-grams. All 213,000 of those sentences take twice as long, and gain less than 0.01."""
_INVERSE_REGULARIZATION = 20.0
"""`C`, from 1, 5, 10, 20, 30 and 50 on those sentences; TF-IDF rows have length 1, so it carries over."""
_MAX_ITERATIONS = 300
"""Three times what those sentences take. Where it does not suffice the classifier is good but not optimal."""
_FEWEST_ITERATIONS = 50
_MOST_STEPS = 6e9
"""Of iterations * non-zero features * classes: half a minute on one core, and 300 iterations for 150,000 short texts of
five classes. On 240,000 of them the log loss after 60 iterations was that of 120 to within 0.03."""
_MOST_CHARACTERS = 50_000_000
"""Of the rows that it learns from: more takes more than 2 GB, and minutes."""


@dataclass(frozen=True)
class Baseline:
    """The fitted baseline on the test rows; `probabilities` is (test rows, classes), float64."""

    probabilities: NDArray[np.float64]
    evaluation: Evaluation
    learnt_from_words: bool
    """False where it can only tell the shares of the classes: no text has a word, or there is one class."""
    rows_left_out: int = 0
    """Training rows that it did not learn from, since all of them were too much text."""


def fit_baseline(
    texts: Sequence[str],
    targets: NDArray[np.int32],
    *,
    train: NDArray[np.integer],
    test: NDArray[np.integer],
    labels: Sequence[str],
) -> Baseline:
    """Fit on the rows `train`, evaluate on the rows `test` (both index into `texts` and `targets`, (rows,)).

    The same arguments give the same figures. TrainingError where either split is empty.
    """
    if not len(train):
        raise TrainingError("The baseline has no row to learn from: the training split is empty. Give more data")
    chosen = _bearable(texts, train)
    train_texts = [texts[row] for row in chosen]
    has_words = any(re.search(_WORD, text) for text in train_texts)
    learns = has_words and len(np.unique(targets[chosen])) > 1
    fit = _of_words if learns else _of_shares
    pipeline = fit(train_texts, targets[chosen])
    probabilities = _all_classes(pipeline, [texts[row] for row in test], len(labels))
    return Baseline(probabilities, evaluate(probabilities, targets[test], labels), learns, len(train) - len(chosen))


def _bearable(texts: Sequence[str], rows: NDArray[np.integer]) -> NDArray[np.integer]:
    """The rows, or as many of them at random as are not too much text; one at least."""
    order = np.random.default_rng(0).permutation(rows)
    characters = np.cumsum([len(texts[row]) for row in order])
    return np.sort(order[: max(1, int(np.searchsorted(characters, _MOST_CHARACTERS, side="right")))])


def _of_shares(texts: Sequence[str], targets: NDArray[np.int32]) -> Pipeline:
    return make_pipeline(DummyClassifier(strategy="prior")).fit(texts, targets)


def _of_words(texts: Sequence[str], targets: NDArray[np.int32]) -> Pipeline:
    vectorizer = TfidfVectorizer(token_pattern=_WORD, ngram_range=(1, 2), sublinear_tf=True, max_features=_MAX_FEATURES)
    features = vectorizer.fit_transform(texts)
    steps = features.nnz * len(np.unique(targets))
    iterations = int(min(_MAX_ITERATIONS, max(_FEWEST_ITERATIONS, _MOST_STEPS // max(1, steps))))
    classifier = LogisticRegression(C=_INVERSE_REGULARIZATION, max_iter=iterations)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(features, targets)
    return make_pipeline(vectorizer, classifier)


def _all_classes(pipeline: Pipeline, texts: Sequence[str], classes: int) -> NDArray[np.float64]:
    # scikit-learn has columns for the classes it saw only; one that no training row has gets probability 0.
    probabilities = np.zeros((len(texts), classes))
    if texts:
        probabilities[:, pipeline.classes_] = pipeline.predict_proba(texts)
    return probabilities
