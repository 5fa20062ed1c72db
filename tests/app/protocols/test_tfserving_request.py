"""Bodies of TensorFlow Serving's REST API, in each of its forms, and what is said of those that have none of them."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import NotJsonError
from app.protocols.errors import MalformedRequestError
from app.protocols.tfserving_request import Asked, parse_classify, parse_predict
from tests.app.fakes import settings

LIMITS = settings(max_texts=3, max_text_characters=9)
KUCHEN = {"b64": "S8O8Y2hlbg=="}


def predict(body):
    return parse_predict(json.dumps(body).encode(), LIMITS)


def classify(body):
    return parse_classify(json.dumps(body).encode(), LIMITS)


@pytest.mark.parametrize(
    ("instances", "texts"),
    [
        (["one", "two"], ["one", "two"]),
        ([KUCHEN, "two"], ["Küchen", "two"]),
        ([{"text": "one"}, {"text": KUCHEN}], ["one", "Küchen"]),
        ([["one"], [KUCHEN]], ["one", "Küchen"]),
        ([{"text": ["one"]}], ["one"]),
    ],
)
def test_rows_are_texts_by_the_name_of_the_input_or_without(instances, texts):
    assert predict({"instances": instances}) == Asked(texts, columns=False)


@pytest.mark.parametrize(
    ("inputs", "texts"),
    [
        (["one", KUCHEN], ["one", "Küchen"]),
        ({"text": ["one", "two"]}, ["one", "two"]),
        ({"text": [["one"], ["two"]]}, ["one", "two"]),
        ("one", ["one"]),
        (KUCHEN, ["Küchen"]),
        ({"text": KUCHEN}, ["Küchen"]),
    ],
)
def test_columns_are_the_values_of_the_input_by_its_name_or_without(inputs, texts):
    assert predict({"inputs": inputs}) == Asked(texts, columns=True)


@pytest.mark.parametrize("name", ["", "serving_default"])
def test_the_signature_may_be_named_and_other_fields_are_passed_over(name):
    assert predict({"signature_name": name, "instances": ["one"], "output_filter": ["a"]}).texts == ["one"]
    assert classify({"signature_name": name, "examples": [{"text": "one"}], "id": 1}) == ["one"]


@given(st.text(min_size=1, max_size=9).filter(lambda text: not text.isspace()))
def test_any_text_comes_out_of_base64_as_it_went_in(text):
    encoded = base64.b64encode(text.encode()).decode()
    for form in (encoded, encoded.rstrip("="), f"{encoded[:4]}\n{encoded[4:]}"):
        assert predict({"instances": [{"b64": form}]}).texts == [text]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "the body has to be an object."),
        ({}, "neither instances nor inputs is given; send one of them."),
        ({"instances": ["a"], "inputs": ["b"]}, "instances and inputs are both given; send one of them."),
        ({"instances": "one"}, "instances has to be a list."),
        ({"instances": None}, "instances has to be a list."),
        ({"instances": []}, "instances is empty; send at least one."),
        ({"inputs": []}, "inputs is empty; send at least one."),
        ({"instances": ["a"] * 4}, "instances has 4 texts; the limit is 3 (TERCET_MAX_TEXTS)."),
        ({"instances": ["a", " "]}, "instances[1] is blank."),
        (
            {"inputs": ["0123456789"]},
            "inputs[0] has 10 characters; the limit is 9 (TERCET_MAX_TEXT_CHARACTERS).",
        ),
        ({"instances": [1]}, 'instances[0] has to be a text: a string or {"b64": "…"}.'),
        ({"instances": [["a", "b"]]}, 'instances[0] has to be a text: a string or {"b64": "…"}.'),
        ({"instances": [[["a"]]]}, 'instances[0] has to be a text: a string or {"b64": "…"}.'),
        ({"instances": [{"b64": 1}]}, "instances[0] has to name the one input, text; it names 'b64'."),
        ({"instances": [{}]}, "instances[0] has to name the one input, text; it names none."),
        ({"instances": [{"text": "a", "b": 1}]}, "instances[0] has to name the one input, text; it names 'text', 'b'."),
        ({"inputs": {"words": ["a"]}}, "inputs has to name the one input, text; it names 'words'."),
        ({"inputs": [{"text": "a"}]}, 'inputs[0] has to be a text: a string or {"b64": "…"}.'),
        ({"inputs": None}, 'inputs[0] has to be a text: a string or {"b64": "…"}.'),
        ({"instances": [{"b64": "!"}]}, "b64 of instances[0] is not base64."),
        ({"instances": [{"b64": "é"}]}, "b64 of instances[0] is not base64."),
        ({"instances": [{"b64": "Yf8="}]}, "b64 of instances[0] is not UTF-8: invalid start byte at byte 1."),
        ({"signature_name": "explain"}, "There is no signature 'explain'; the model has one, serving_default."),
        ({"signature_name": None, "instances": ["a"]}, "signature_name has to be a string."),
    ],
)
def test_what_is_wrong_with_a_prediction_is_said(body, message):
    with pytest.raises(MalformedRequestError) as raised:
        predict(body)
    assert str(raised.value) == message


def test_examples_have_the_feature_themselves_or_share_that_of_the_context():
    assert classify({"examples": [{"text": "one"}, {"text": ["two"], "age": 3}, {"text": KUCHEN}]}) == [
        "one",
        "two",
        "Küchen",
    ]
    assert classify({"context": {"text": "one"}, "examples": [{}, {"age": 3}]}) == ["one", "one"]
    assert classify({"context": {"source": "x"}, "examples": [{"text": "one"}]}) == ["one"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "examples is missing."),
        ({"examples": {}}, "examples has to be a list."),
        ({"examples": []}, "examples is empty; send at least one."),
        ({"examples": ["one"]}, 'examples[0] has to be an object such as {"text": "…"}.'),
        ({"examples": [{"words": "one"}]}, "examples[0] has no feature text."),
        ({"examples": [{"text": {"text": "a"}}]}, 'examples[0] has to be a text: a string or {"b64": "…"}.'),
        (
            {"context": {"text": "one"}, "examples": [{}, {"text": "two"}]},
            "text is in context and in examples[1]; send it in one of them.",
        ),
        ({"context": [], "examples": [{"text": "a"}]}, "context has to be an object."),
        ({"signature_name": "x", "examples": []}, "There is no signature 'x'; the model has one, serving_default."),
    ],
)
def test_what_is_wrong_with_a_classification_is_said(body, message):
    with pytest.raises(MalformedRequestError) as raised:
        classify(body)
    assert str(raised.value) == message


@pytest.mark.parametrize("parse", [parse_predict, parse_classify])
@pytest.mark.parametrize("body", [b"", b"[", b'{"instances": ["\xff"]}', b"[" * 100_000])
def test_what_is_no_json_is_said_to_be_none(parse, body):
    with pytest.raises(NotJsonError):
        parse(body, LIMITS)


def test_names_of_any_length_are_shown_in_short():
    with pytest.raises(MalformedRequestError) as raised:
        predict({"inputs": {"x" * 10_000: 1}})
    assert len(str(raised.value)) < 200
