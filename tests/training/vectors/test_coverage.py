import json

import pytest

from training.vectors.coverage import Coverage, measure_coverage

INDEX = {"the": 1, "raven": 2, "nevermore": 3, "eldritch": 4, "rare": 5}
COUNTS = {"the": 10, "raven": 4, "nevermore": 3, "eldritch": 3, "rare": 1}


def test_words_and_tokens_below_the_vocabulary_size_are_counted():
    coverage = measure_coverage(INDEX, COUNTS, 5, {"the", "raven", "rare", "unseen"})
    assert coverage == Coverage(2, 4, 14, 20, (("eldritch", 3), ("nevermore", 3)))
    assert (coverage.word_share, coverage.token_share) == (0.5, 0.7)


def test_the_top_misses_are_the_most_frequent_and_bounded():
    assert measure_coverage(INDEX, COUNTS, 6, [], top=2).top_misses == (("the", 10), ("raven", 4))


def test_a_word_without_a_count_counts_as_no_token():
    assert measure_coverage({"the": 1, "new": 2}, {"the": 1}, 3, ["the", "new"]).tokens_total == 1


def test_an_empty_vocabulary_has_shares_of_zero():
    coverage = measure_coverage({}, {}, 1, [])
    assert (coverage.word_share, coverage.token_share) == (0.0, 0.0)


def test_it_becomes_json():
    told = json.loads(json.dumps(measure_coverage(INDEX, COUNTS, 4, ["the"]).as_dict()))
    assert told == {
        "words_found": 1,
        "words_total": 3,
        "word_share": pytest.approx(1 / 3),
        "tokens_found": 10,
        "tokens_total": 17,
        "token_share": pytest.approx(10 / 17),
        "top_misses": [{"word": "raven", "count": 4}, {"word": "nevermore", "count": 3}],
    }
