"""The data set in `examples/` is what its README says it is."""

from collections import Counter
from pathlib import Path

from training.data.dataset import load_dataset
from training.data.splitting import split_by_text

SHOP_MESSAGES = Path(__file__).parents[3] / "examples" / "shop-messages.csv"


def test_the_shop_messages_load_without_a_problem():
    data = load_dataset(SHOP_MESSAGES)
    assert data.problems == ()
    assert data.rows_read == len(data) == 240
    assert data.label_counts() == {"billing": 80, "delivery": 80, "technical": 80}


def test_the_shop_messages_are_short_and_all_different():
    data = load_dataset(SHOP_MESSAGES)
    letters = Counter("".join(filter(str.isalnum, text.casefold())) for text in data.texts)
    assert max(letters.values()) == 1
    assert all(5 <= len(text.split()) <= 30 for text in data.texts)


def test_the_shop_messages_are_shuffled_and_split_evenly():
    data = load_dataset(SHOP_MESSAGES)
    assert set(data.targets[:10].tolist()) == {0, 1, 2}
    split = split_by_text(data.texts, data.targets)
    assert [len(part) for part in (split.train, split.validation, split.test)] == [192, 24, 24]
