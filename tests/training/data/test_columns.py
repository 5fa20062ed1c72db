import pytest

from training.data.columns import LABEL_COLUMNS, MOST_COLUMNS, OTHER_TEXT_COLUMNS, Columns
from training.data.problems import InvalidDataError, Kind, ProblemLog


def choose(seen, text=None, label=None):
    return Columns(text, label).choose(seen, ProblemLog("a.csv"))


def refused(seen, text=None, label=None):
    with pytest.raises(InvalidDataError) as caught:
        choose(seen, text, label)
    return caught.value


@pytest.mark.parametrize("name", LABEL_COLUMNS)
def test_the_label_column_is_found_by_its_usual_names(name):
    assert choose(["id", "text", name]) == ("text", name)


@pytest.mark.parametrize("name", OTHER_TEXT_COLUMNS)
def test_the_text_column_may_have_another_usual_name(name):
    assert choose(["id", name, "label"]) == (name, "label")
    assert choose([name, "text", "label"]) == ("text", "label")


def test_usual_names_may_be_written_with_capitals():
    assert choose(["ID", "Tweet", "Sentiment"]) == ("Tweet", "Sentiment")
    assert choose(["Text", "headline", "LABEL"]) == ("Text", "LABEL")
    assert choose(["text", "TEXT", "label", "Label"]) == ("text", "label")


def test_two_columns_that_could_be_the_text_ask_for_a_choice():
    error = refused(["headline", "title", "label"])
    assert [problem.kind for problem in error.problems] == [Kind.UNCLEAR_COLUMN]
    assert "'headline', 'title' could all be the text. Say which of them is the text column" in str(error)
    assert choose(["headline", "title", "label"], text="title") == ("title", "label")


def test_named_columns_are_taken_whatever_else_is_there():
    assert choose(["label", "author", "body", "text"], "body", "author") == ("body", "author")


def test_a_missing_text_column_is_named_beside_the_columns_there_are():
    error = refused(["id", "body", "label"])
    assert [problem.kind for problem in error.problems] == [Kind.MISSING_COLUMN]
    assert "no text column 'text'; the file has the columns 'id', 'body', 'label'" in str(error)


def test_a_missing_label_column_is_named_beside_the_columns_there_are():
    assert "no label column 'mood'; the file has the columns 'text', 'label'" in str(
        refused(["text", "label"], label="mood")
    )


def test_without_a_usual_label_column_the_message_lists_the_usual_names():
    message = str(refused(["text", "mood"]))
    assert "no label column (one of 'label', 'author', 'class'" in message
    assert "the file has the columns 'text', 'mood'" in message


def test_both_missing_columns_are_reported_at_once():
    assert len(refused(["a", "b"]).problems) == 2


def test_two_columns_that_could_be_the_label_ask_for_a_choice():
    error = refused(["text", "category", "label"])
    assert [problem.kind for problem in error.problems] == [Kind.UNCLEAR_COLUMN]
    assert "'label', 'category' could all be the label" in str(error)
    assert choose(["text", "category", "label"], label="label") == ("text", "label")


@pytest.mark.parametrize("seen", [["text", "label", "text"], ["text", "label", "label"]])
def test_a_needed_column_that_is_there_twice_is_refused(seen):
    assert "is there more than once" in str(refused(seen))


def test_other_columns_may_repeat():
    assert choose(["x", "text", "x", "label"]) == ("text", "label")


def test_one_column_cannot_be_text_and_label():
    assert "'text' cannot be both" in str(refused(["text", "label"], label="text"))


def test_problems_of_rows_before_do_not_end_the_search():
    log = ProblemLog("a.jsonl")
    log.add(Kind.MALFORMED, 1)
    assert Columns().choose(["text", "label"], log) == ("text", "label")


def test_more_columns_than_anybody_needs_are_refused():
    others = [f"c{n}" for n in range(MOST_COLUMNS - 2)]
    assert choose(["text", "label", *others]) == ("text", "label")
    error = refused(["text", "label", "c", *others])
    assert [problem.kind for problem in error.problems] == [Kind.UNCLEAR_COLUMN]
    assert "10,001 columns, of which two are needed" in str(error)
