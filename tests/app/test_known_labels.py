import pytest

from app.errors import InvalidRequestError
from app.known_labels import check_label


def test_a_label_of_the_model_is_let_through():
    check_label("HPL", ("EAP", "HPL"))


@pytest.mark.parametrize("label", ["", "hpl", "HPL ", "x" * 10_000])
def test_any_other_is_told_which_there_are_and_is_not_repeated(label):
    with pytest.raises(InvalidRequestError) as caught:
        check_label(label, ("EAP", "HPL"))
    ((field, message),) = [(problem.field, problem.message) for problem in caught.value.problems]
    assert (field, message) == ("label", "label is none of the model's, which are EAP, HPL")


def test_of_many_labels_some_are_named():
    with pytest.raises(InvalidRequestError, match="l0, l1, .* l19 and 1,980 more$"):
        check_label("HPL", [f"l{number}" for number in range(2000)])
