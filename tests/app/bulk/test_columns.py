import pytest

from app.bulk.columns import check_distinct, check_free, text_index
from app.bulk.errors import InputError
from app.bulk.rows import Prediction, PredictionColumns


def test_the_new_columns_are_named_after_the_labels():
    added = PredictionColumns(("a", "b"), prefix="p_")
    names = ["p_label", "p_probability_a", "p_probability_b", "p_known_words", "p_error"]
    assert added.names == names
    assert added.values(Prediction("a", [0.75, 0.25], 3)) == ["a", 0.75, 0.25, 3, None]
    assert added.values(Prediction(fault="why")) == [None, None, None, None, "why"]


def test_of_many_columns_the_first_are_listed():
    with pytest.raises(InputError, match=r"it has '0', .*'9' and 90 more\."):
        text_index([str(number) for number in range(100)], "text", "in.csv")


@pytest.mark.parametrize(("prefix", "other"), [("", "predicted_"), ("predicted_", "tercet_")])
def test_a_name_that_is_taken_is_refused_with_the_option_that_helps(prefix, other):
    added = PredictionColumns(("a", "b"), prefix)
    taken = [f"{prefix}label", "text", f"{prefix}probability_b"]
    with pytest.raises(InputError) as refused:
        check_free(taken, added, "in.csv")
    assert str(refused.value) == (
        f"in.csv has a column '{prefix}label', '{prefix}probability_b' already. "
        f"Give the new columns other names: --prefix {other}"
    )
    check_free(taken, PredictionColumns(("a", "b"), other), "in.csv")


def test_names_that_come_twice_are_refused_where_only_csv_can_hold_them():
    check_distinct(["a", "b"], "in.csv", "out.jsonl")
    with pytest.raises(InputError, match=r"in\.csv has the column 'a', 'b' more than once, which out\.jsonl cannot"):
        check_distinct(["b", "a", "b", "a"], "in.csv", "out.jsonl")
