import numpy as np

from training.wide import subwords as module
from training.wide.subwords import subword_matrix, subwords

B, E = "\ue000", "\ue001"


def test_subwords_are_all_runs_of_characters_with_both_ends():
    assert subwords("ab") == {B, "a", "b", E, B + "a", "ab", "b" + E, B + "ab", "ab" + E, B + "ab" + E}
    assert subwords("abc", (2, 2)) == {B + "a", "ab", "bc", "c" + E}
    assert subwords("aaaa", (2, 2)) == {B + "a", "aa", "a" + E}
    assert max(map(len, subwords("longer-than-six"))) == 6


def test_the_matrix_has_those_of_two_words_the_most_common_first():
    words = ["ab", "cb", "b"]
    matrix = subword_matrix(words, lengths=(1, 2))
    columns = [{word for word, has in zip(words, column, strict=True) if has} for column in matrix.toarray().T]
    shared = [{"ab", "cb", "b"}] * 4  # both ends, b, and b at the end
    assert columns == shared
    assert (matrix.shape, matrix.dtype) == ((3, 4), np.float32)


def test_rarer_ones_are_further_right_and_those_of_too_few_words_are_left_out(monkeypatch):
    words = ["ab", "ab-", "cab", "cd"]
    frequency = subword_matrix(words, fewest=2).toarray().sum(axis=0)
    assert (np.diff(frequency) <= 0).all()
    assert frequency.min() == 2
    assert (subword_matrix(words, fewest=3).toarray().sum(axis=0) >= 3).all()
    assert subword_matrix(words, fewest=1).shape[1] == len(set.union(*map(subwords, words)))
    monkeypatch.setattr(module, "MOST", 3)
    assert subword_matrix(words).shape == (4, 3)


def test_no_words_and_words_that_share_nothing_make_an_empty_matrix():
    assert subword_matrix([]).shape == (0, 0)
    assert subword_matrix(["a"]).shape == (1, 0)
