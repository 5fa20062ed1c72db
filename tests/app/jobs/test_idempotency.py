import pytest

from app.errors import InvalidRequestError
from app.jobs.idempotency import parse_key


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ([], None),
        (['"8e03978e-40d5"'], "8e03978e-40d5"),
        (["8e03978e-40d5"], "8e03978e-40d5"),
        ([' "with blanks, and more" '], "with blanks, and more"),
        ([r'"a \"quoted\" \\ one"'], r"a \"quoted\" \ one".replace('\\"', '"')),
        (["k" * 255], "k" * 255),
    ],
)
def test_a_key_is_taken_quoted_or_bare(values, key):
    assert parse_key(values) == key


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ('""', "has 0 characters"),
        ("", "has 0 characters"),
        ("k" * 256, "has 256 characters; it may have 1 to 255"),
        ('"' + "k" * 256 + '"', "has 256 characters"),
        ("two keys", "quoted string"),
        ("one,two", "quoted string"),
        ('"open', "quoted string"),
        ('"a"; b=1', "quoted string"),
        ('"\x01"', "quoted string"),
        ("sch\xf6n", "quoted string"),
        (r'"wrong \escape"', "quoted string"),
    ],
)
def test_what_is_no_key_is_refused_and_named(value, what):
    with pytest.raises(InvalidRequestError, match=what) as caught:
        parse_key([value])
    assert [problem.field for problem in caught.value.problems] == ["Idempotency-Key"]


def test_one_key_a_request():
    with pytest.raises(InvalidRequestError, match="more than once"):
        parse_key(["a", "a"])
