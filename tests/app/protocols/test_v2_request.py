import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidRequestError, NotJsonError
from app.protocols.errors import MalformedRequestError
from app.protocols.v2_binary import of_texts
from app.protocols.v2_request import parse
from model.errors import TercetError
from tests.app.fakes import settings

SETTINGS = settings(max_texts=3, max_text_characters=20)


def tensor(data=("one", "two"), **fields):
    return {"name": "text", "shape": [len(data)], "datatype": "BYTES", "data": list(data)} | fields


BASE64 = tensor(parameters={"content_type": "base64"})
SHARED = tensor(parameters={"shared_memory_region": "r"})


def body(*inputs, **fields):
    return json.dumps({"inputs": list(inputs) or [tensor()], **fields}).encode()


def with_binary(texts, shape=None, size=None, behind=None, **fields):
    """A body with a binary tensor, and the header's value."""
    data = of_texts(texts)
    parameters = {"binary_data_size": len(data) if size is None else size}
    given = {"name": "text", "shape": shape or [len(texts)], "datatype": "BYTES", "parameters": parameters}
    head = json.dumps({"inputs": [given], **fields}).encode()
    return head + (data if behind is None else behind), str(len(head))


def refused(error, data, header=None):
    with pytest.raises(error) as raised:
        parse(data, header, SETTINGS)
    return str(raised.value)


def malformed(data, header=None):
    return refused(MalformedRequestError, data, header)


@pytest.mark.parametrize(
    "given",
    [
        tensor(),
        tensor(shape=[2, 1]),
        tensor([["one"], ["two"]], shape=[2, 1]),
        tensor(parameters={"content_type": "str"}),
        tensor(parameters={"content_type": "np", "mine": [1, {}]}),
        tensor(parameters=None, later="unknown"),
    ],
)
def test_texts_in_json_are_taken_flat_or_nested(given):
    assert parse(body(given), None, SETTINGS).texts == ["one", "two"]


@pytest.mark.parametrize("shape", [[2], [2, 1]])
def test_texts_behind_the_json_are_taken(shape):
    data, header = with_binary(["one", "étude"], shape)
    assert parse(data, header, SETTINGS).texts == ["one", "étude"]


def test_a_header_that_covers_the_whole_body_changes_nothing():
    data = body()
    assert parse(data, str(len(data)), SETTINGS).texts == ["one", "two"]


def test_without_outputs_all_are_asked_for():
    assert parse(body(), None, SETTINGS).outputs == {"probabilities": False, "label": False}
    assert parse(body(outputs=[]), None, SETTINGS).outputs == {"probabilities": False, "label": False}
    binary = parse(body(parameters={"binary_data_output": True}), None, SETTINGS)
    assert binary.outputs == {"probabilities": True, "label": True}


def test_outputs_are_answered_in_the_order_and_form_that_was_asked_for():
    outputs = [{"name": "label"}, {"name": "probabilities", "parameters": {"binary_data": False}}, {"name": "label"}]
    given = parse(body(outputs=outputs, parameters={"binary_data_output": True}), None, SETTINGS)
    assert list(given.outputs.items()) == [("label", True), ("probabilities", False)]
    assert parse(body(outputs=[{"name": "label"}]), None, SETTINGS).outputs == {"label": False}


def test_the_id_is_kept():
    assert parse(body(id="a"), None, SETTINGS).id == "a"
    assert parse(body(id=""), None, SETTINGS).id == ""
    assert parse(body(), None, SETTINGS).id is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (tensor(shape=[3]), "text has 2 elements, and its shape says 3."),
        (tensor(shape=[1]), "text has 2 elements, and its shape says 1."),
        (tensor(shape=[1, 2]), "text has the shape [1, 2]; for n texts it is [n] or [n, 1]."),
        (tensor(shape=[2, 1, 1]), "text has the shape [2, 1, 1]; for n texts it is [n] or [n, 1]."),
        (tensor(shape=[]), "text has the shape []; for n texts it is [n] or [n, 1]."),
        (tensor(shape=[-1]), "inputs[0].shape[0]: input should be greater than or equal to 0."),
        (tensor(shape=[10**30]), "inputs[0].shape[0]: input should be less than 9223372036854775808."),
        (tensor(shape=[True]), "inputs[0].shape[0]: input should be a valid integer."),
        (tensor(shape=2), "inputs[0].shape: input should be a valid array."),
        (tensor([["one"], ["two"]]), "text[0] has to be a string, by the shape [2]."),
        (tensor([["one"], "two"], shape=[2, 1]), "text[0] has to be a string, by the shape [2, 1]."),
        (tensor([["one", "two"]], shape=[2, 1]), "text[0] has to be a string, by the shape [2, 1]."),
        (tensor(["one", 2]), "text[1] has to be a string, by the shape [2]."),
        (tensor(["one", None]), "text[1] has to be a string, by the shape [2]."),
        (tensor(name="sentence"), "There is no input 'sentence'; the model has one, text."),
        (tensor(name="x" * 10_000), f"There is no input {repr('x' * 60)[:60]}…; the model has one, text."),
        (tensor(datatype="FP32"), "text is of datatype BYTES, not 'FP32'."),
        (tensor(datatype="bytes"), "text is of datatype BYTES, not 'bytes'."),
        (tensor() | {"data": "one"}, "inputs[0].data: input should be a valid array."),
        (tensor() | {"data": None}, "text has no data, and no parameter binary_data_size for binary data."),
        (
            tensor(parameters={"content_type": "base64"}),
            "text has the content_type base64; send the texts as they are.",
        ),
        (
            tensor(parameters={"shared_memory_region": "r"}),
            "text has the parameter shared_memory_region: shared memory is not offered; send the data with it.",
        ),
        (tensor(parameters={"binary_data_size": 0}), "text has both data and binary_data_size; send one of them."),
        ({"name": "text", "datatype": "BYTES", "data": []}, "inputs[0].shape: field required."),
    ],
)
def test_an_input_that_is_not_as_the_protocol_has_it_is_refused_in_words(given, words):
    assert malformed(body(given)) == words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (body(tensor(), tensor()), "inputs has 2 inputs; the model has one, text."),
        (b'{"inputs": []}', "inputs has 0 inputs; the model has one, text."),
        (b"{}", "inputs: field required."),
        (b"[]", "the request: input should be an object."),
        (body(id=1), "id: input should be a valid string."),
        (body(outputs=[{"name": "logits"}]), "There is no output 'logits'; there are probabilities and label."),
        (body(outputs=[{}]), "outputs[0].name: field required."),
        (
            body(outputs=[{"name": "label", "parameters": {"classification": 2}}]),
            "label has the parameter classification: that extension is not offered; ask for the output label instead.",
        ),
        (
            body(outputs=[{"name": "label", "parameters": {"binary_data": 1}}]),
            "The parameter binary_data has to be true or false.",
        ),
        (body(parameters={"binary_data_output": "yes"}), "The parameter binary_data_output has to be true or false."),
    ],
)
def test_a_request_that_is_not_as_the_protocol_has_it_is_refused_in_words(data, words):
    assert malformed(data) == words


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b'{"inputs": [' + b"[" * 100_000, b'{"id": "\\ud800"}'])
def test_what_is_not_json_is_refused(data):
    assert refused(NotJsonError, data).startswith("The request is not JSON in UTF-8: ")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (with_binary(["one"], size=6), "binary_data_size of text is 6; 7 bytes follow the JSON."),
        (with_binary(["one"], size=8), "binary_data_size of text is 8; 7 bytes follow the JSON."),
        (with_binary(["one"], behind=b""), "binary_data_size of text is 7; 0 bytes follow the JSON."),
        (with_binary(["one"], size=-1), "binary_data_size of text has to be a number of bytes."),
        (with_binary(["one"], size=True), "binary_data_size of text has to be a number of bytes."),
        (with_binary(["one"], size="7"), "binary_data_size of text has to be a number of bytes."),
        (with_binary(["one"], size=7.0), "binary_data_size of text has to be a number of bytes."),
        (with_binary(["one"], size=10**100), "binary_data_size of text is a huge number; 7 bytes follow the JSON."),
        (with_binary(["one", "two"], shape=[1]), "text has more elements than the 1 that its shape says."),
        (with_binary(["one"], shape=[2]), "text has 1 elements, and its shape says 2."),
        (
            with_binary(["one"], behind=b"\xff" * 7),
            "text[0] has a length of 4,294,967,295 bytes, and 3 bytes are left.",
        ),
    ],
)
def test_a_binary_input_that_does_not_fit_is_refused_in_words(given, words):
    assert malformed(*given) == words


def test_bytes_behind_the_json_that_no_input_claims_are_refused():
    head = body()
    assert malformed(head + b"more", str(len(head))) == "4 bytes follow the JSON, and text has no binary_data_size."
    assert "is not JSON" in refused(NotJsonError, head + b"more")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (tensor([]), "text is empty; send at least one"),
        (tensor(["one"] * 4), "text has 4 texts; the limit is 3 (TERCET_MAX_TEXTS)"),
        (tensor([], shape=[10**18]), "text has 1,000,000,000,000,000,000 texts; the limit is 3 (TERCET_MAX_TEXTS)"),
        (tensor(["one", " \n"]), "text[1] is blank"),
        (tensor(["one", ""]), "text[1] is blank"),
        (tensor(["x" * 21]), "text[0] has 21 characters; the limit is 20 (TERCET_MAX_TEXT_CHARACTERS)"),
    ],
)
def test_texts_have_the_limits_that_they_have_natively(data, words):
    assert refused(InvalidRequestError, body(data)) == words


FIELDS = ("name", "shape", "datatype", "data", "parameters")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**25) | st.floats() | st.sampled_from(["text", "BYTES", "label", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["inputs", "outputs", "name", "shape", "datatype", "data", "parameters", "binary_data_size"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@given(JSON | st.fixed_dictionaries({"inputs": JSON, "outputs": JSON, "id": JSON, "parameters": JSON}), st.binary())
def test_any_json_is_a_request_or_refused(content, tail):
    head = json.dumps(content).encode()
    for header in (None, str(len(head)), str(len(head) // 2)):
        only_refuses(head + tail, header)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON)), st.binary())
def test_any_field_of_an_input_is_as_it_has_to_be_or_refused(fields, tail):
    head = body(tensor() | fields)
    only_refuses(head + tail, str(len(head)))


def only_refuses(data, header):
    try:
        asked = parse(data, header, SETTINGS)
    except TercetError:
        return
    assert 1 <= len(asked.texts) <= 3
