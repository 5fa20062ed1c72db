import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from training.baseline import fit_baseline
from training.errors import TrainingError
from training.evaluation import evaluate

NONE = np.empty(0, np.intp)


def corpus(classes, rows_per_class=8):
    """Texts that tell their class by one word, the others being shared."""
    texts = [f"the word{number} of row {row}, and so on" for row in range(rows_per_class) for number in range(classes)]
    targets = np.tile(np.arange(classes, dtype=np.int32), rows_per_class)
    return texts, targets, [f"class {number}" for number in range(classes)]


def halves(targets):
    rows = np.arange(len(targets))
    return rows[: len(rows) // 2], rows[len(rows) // 2 :]


@pytest.mark.parametrize("classes", [2, 3, 50])
def test_classes_that_a_word_tells_apart_are_learnt(classes):
    texts, targets, labels = corpus(classes)
    train, test = halves(targets)
    fitted = fit_baseline(texts, targets, train=train, test=test, labels=labels)
    assert fitted.learnt_from_words
    assert fitted.probabilities.shape == (len(test), classes)
    assert np.allclose(fitted.probabilities.sum(axis=1), 1)
    assert fitted.evaluation.accuracy == 1
    assert fitted.evaluation == evaluate(fitted.probabilities, targets[test], labels)


def test_the_probabilities_are_those_of_scikit_learn_s_parts():
    texts, targets, labels = corpus(3)
    train, test = halves(targets)
    vectorizer = TfidfVectorizer(token_pattern=r"\w+|[^\w\s]", ngram_range=(1, 2), sublinear_tf=True)
    features = vectorizer.fit_transform([texts[row] for row in train])
    classifier = LogisticRegression(C=20, max_iter=300).fit(features, targets[train])
    expected = classifier.predict_proba(vectorizer.transform([texts[row] for row in test]))
    fitted = fit_baseline(texts, targets, train=train, test=test, labels=labels)
    assert np.allclose(fitted.probabilities, expected, atol=1e-12)


def test_word_order_is_seen_in_pairs_of_words():
    texts = ["bites dog man", "bites man dog"] * 6
    targets = np.tile(np.array([0, 1], np.int32), 6)
    train, test = halves(targets)
    assert fit_baseline(texts, targets, train=train, test=test, labels=("a", "b")).evaluation.accuracy == 1


def test_punctuation_and_one_letter_words_are_seen():
    texts = ["went; I", "went: a"] * 6
    targets = np.tile(np.array([0, 1], np.int32), 6)
    train, test = halves(targets)
    assert fit_baseline(texts, targets, train=train, test=test, labels=("a", "b")).evaluation.accuracy == 1


def test_the_test_rows_teach_nothing():
    texts, targets, labels = corpus(3)
    train, test = halves(targets)
    before = fit_baseline(texts, targets, train=train, test=test, labels=labels).probabilities
    changed = targets.copy()
    changed[test] = 0
    after = fit_baseline(texts, changed, train=train, test=test, labels=labels).probabilities
    assert np.array_equal(before, after)


def test_texts_without_a_token_leave_the_shares_of_the_classes():
    texts = ["", "  ", "\t", "\n", " ", ""]
    targets = np.array([0, 0, 0, 1, 0, 1], np.int32)
    fitted = fit_baseline(texts, targets, train=np.arange(4), test=np.array([4, 5]), labels=("a", "b"))
    assert not fitted.learnt_from_words
    assert np.array_equal(fitted.probabilities, [[0.75, 0.25], [0.75, 0.25]])


def test_one_class_in_training_is_told_for_every_row():
    targets = np.array([1, 1, 0], np.int32)
    fitted = fit_baseline(["x", "y", "z"], targets, train=np.arange(2), test=np.array([2]), labels=("a", "b"))
    assert not fitted.learnt_from_words
    assert np.array_equal(fitted.probabilities, [[0.0, 1.0]])


def test_a_class_that_training_never_saw_gets_no_probability():
    targets = np.array([0, 2, 0, 2, 1], np.int32)
    texts = ["a", "b", "a", "b", "a"]
    fitted = fit_baseline(texts, targets, train=np.arange(4), test=np.array([4]), labels=("p", "q", "r"))
    assert fitted.probabilities[0, 1] == 0
    assert fitted.probabilities[0].argmax() == 0
    assert fitted.evaluation.accuracy == 0


def test_a_fit_cut_short_is_a_baseline_without_a_warning(monkeypatch):
    monkeypatch.setattr("training.baseline._MAX_ITERATIONS", 1)
    texts, targets, labels = corpus(3)
    train, test = halves(targets)
    assert fit_baseline(texts, targets, train=train, test=test, labels=labels).learnt_from_words


def test_too_much_text_leaves_rows_out_and_says_how_many(monkeypatch):
    texts, targets, labels = corpus(3, rows_per_class=20)
    train, test = halves(targets)
    whole = fit_baseline(texts, targets, train=train, test=test, labels=labels)
    characters = sum(len(texts[row]) for row in train)
    monkeypatch.setattr("training.baseline._MOST_CHARACTERS", characters // 2)
    half = fit_baseline(texts, targets, train=train, test=test, labels=labels)
    again = fit_baseline(texts, targets, train=train, test=test, labels=labels)
    assert whole.rows_left_out == 0
    assert half.rows_left_out in range(len(train) // 2, len(train) // 2 + 3)
    assert np.array_equal(half.probabilities, again.probabilities)


def test_one_text_is_never_too_much(monkeypatch):
    monkeypatch.setattr("training.baseline._MOST_CHARACTERS", 1)
    texts, targets, labels = corpus(2)
    fitted = fit_baseline(texts, targets, train=np.arange(8), test=np.arange(8, 16), labels=labels)
    assert fitted.rows_left_out == 7
    assert not fitted.learnt_from_words


@pytest.mark.parametrize(("steps", "iterations"), [(6e9, 300), (0, 50)])
def test_large_data_get_fewer_iterations(monkeypatch, steps, iterations):
    given = []

    def classifier(**options):
        given.append(options["max_iter"])
        return LogisticRegression(**options)

    monkeypatch.setattr("training.baseline.LogisticRegression", classifier)
    monkeypatch.setattr("training.baseline._MOST_STEPS", steps)
    texts, targets, labels = corpus(2)
    fit_baseline(texts, targets, train=np.arange(8), test=np.arange(8, 16), labels=labels)
    assert given == [iterations]


@pytest.mark.parametrize(("train", "test"), [(NONE, np.arange(3)), (np.arange(3), NONE)])
def test_an_empty_split_is_refused(train, test):
    targets = np.array([0, 1, 0], np.int32)
    with pytest.raises(TrainingError, match="split is empty"):
        fit_baseline(["a", "b", "c"], targets, train=train, test=test, labels=("a", "b"))
