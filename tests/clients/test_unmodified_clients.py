"""tritonclient and KServe's client as they come from PyPI, against a real service, unmodified."""

import re
from urllib.parse import urlsplit

import pytest

from model.version import __version__
from tests.bundles import LABELS
from tests.clients.environment import ROOT, printed, run

pytestmark = pytest.mark.clients

TEXTS = ("the sea was calm", "étude — a storm over the sea")
COUNT = len(TEXTS)
METADATA = {
    "name": "toy",
    "versions": ["1"],
    "platform": "tensorflow_savedmodel",
    "inputs": [{"name": "text", "datatype": "BYTES", "shape": [-1]}],
    "outputs": [
        {"name": "probabilities", "datatype": "FP32", "shape": [-1, 3], "parameters": {"labels": list(LABELS)}},
        {"name": "label", "datatype": "BYTES", "shape": [-1]},
    ],
}


@pytest.fixture(scope="module")
def triton(service):
    """What tritonclient was answered."""
    return run("triton.py", urlsplit(service.url).netloc, "toy", "1", *TEXTS)


@pytest.fixture(scope="module")
def kserve(service):
    """What KServe's client was answered."""
    return run("kserve_v2.py", service.url, "toy", *TEXTS)


@pytest.fixture(scope="module")
def native(client):
    """The outputs that fit what `/predict` says of the same texts: every number, to the last bit of a float32."""
    predictions = client.post("/predict", json={"texts": TEXTS}).json()["predictions"]
    return {
        "probabilities": [p["probabilities"][label] for p in predictions for label in LABELS],
        "label": [p["label"] for p in predictions],
    }


def values(answer):
    return {name: output["values"] for name, output in answer["outputs"].items()}


def test_triton_finds_the_service_alive_and_the_model_ready(triton):
    assert [triton[name] for name in ("live", "ready", "model_ready", "version_ready")] == [True] * 4
    assert [triton[name] for name in ("other_model_ready", "other_version_ready")] == [False] * 2


def test_triton_reads_what_the_server_and_the_model_are(triton):
    extensions = ["binary_tensor_data", "model_repository"]
    assert triton["server"] == {"name": "tercet", "version": __version__, "extensions": extensions}
    assert triton["metadata"] == triton["version_metadata"] == METADATA
    assert triton["other_metadata"] == {"error": "Version '99' of toy does not serve; version 1 does.", "status": "404"}
    assert [(entry["name"], entry["version"], entry["state"]) for entry in triton["index"]] == [
        ("toy", "2", "UNAVAILABLE"),
        ("toy", "1", "READY"),
    ]


TRITON_WAYS = {
    "default": ["probabilities", "label"],
    "version": ["probabilities", "label"],
    "column": ["probabilities", "label"],
    "json": ["probabilities", "label"],
    "json_column": ["probabilities", "label"],
    "json_both_ways": [],
    "mixed": ["probabilities"],
    "options": ["probabilities", "label"],
    "gzip": ["probabilities", "label"],
    "deflate": ["probabilities", "label"],
    "asynchronous": ["probabilities", "label"],
}


@pytest.mark.parametrize("way", TRITON_WAYS)
def test_triton_is_answered_as_predict_answers(triton, native, way):
    answer = triton[way]
    assert values(answer) == native
    assert answer["outputs"]["probabilities"] | {"values": None} == {
        "dtype": "float32",
        "shape": [COUNT, 3],
        "values": None,
    }
    assert answer["outputs"]["label"]["shape"] == [COUNT]
    assert (answer["model"], answer["version"]) == ("toy", "1")
    assert answer["binary"] == TRITON_WAYS[way]


def test_triton_gets_its_own_id_back_and_no_outputs_that_it_did_not_ask_for(triton, native):
    assert triton["default"]["id"] == "request 7"
    assert triton["version"]["id"] is None
    assert values(triton["label_alone"]) == {"label": native["label"]}


@pytest.mark.parametrize(
    ("way", "status", "words"),
    [
        ("unknown_output", "400", "There is no output 'logits'"),
        ("classification", "400", "parameter classification: that extension is not offered"),
        ("unknown_model", "404", "There is no model 'nobody' here; toy (version 1) serves."),
        ("unknown_version", "404", "Version '99' of toy does not serve; version 1 does."),
        ("unknown_input", "400", "There is no input 'sentence'"),
        ("two_inputs", "400", "inputs has 2 inputs"),
        ("numbers", "400", "text is of datatype BYTES, not 'FP32'."),
        ("blank", "422", "text[1] is blank"),
        ("not_utf8", "400", "text[1] is not UTF-8"),
    ],
)
def test_triton_shows_in_words_what_was_wrong(triton, way, status, words):
    assert triton[way]["status"] == status
    assert words in triton[way]["error"]


def test_kserve_finds_the_service_alive_and_the_model_ready(kserve):
    assert [kserve[name] for name in ("live", "ready", "model_ready", "other_model_ready")] == [True, True, True, False]


@pytest.mark.parametrize(
    "way", ["binary", "binary_column", "json", "list", "nested", "content_type", "binary_outputs", "dictionary"]
)
def test_kserve_is_answered_as_predict_answers(kserve, native, way):
    assert values(kserve[way]) == native
    shapes = {name: (output["datatype"], output["shape"]) for name, output in kserve[way]["outputs"].items()}
    assert shapes == {"probabilities": ("FP32", [COUNT, 3]), "label": ("BYTES", [COUNT])}
    assert kserve[way]["model"] == "toy"


def test_kserve_gets_its_own_id_back_and_no_outputs_that_it_did_not_ask_for(kserve, native):
    assert kserve["binary"]["id"] == "request 8"
    assert values(kserve["label_alone"]) == {"label": native["label"]}


@pytest.mark.parametrize(
    ("way", "status", "words"),
    [
        ("unknown_model", 404, "There is no model 'nobody' here"),
        ("blank", 422, "text[1] is blank"),
        ("nothing", 422, "text is empty"),
    ],
)
def test_kserve_shows_in_words_what_was_wrong(kserve, way, status, words):
    assert kserve[way]["status"] == status
    assert kserve[way]["error"].startswith(words)


@pytest.mark.parametrize(("heading", "words"), [("tritonclient", "'calm': 0."), ("KServe's client", "label ['")])
def test_the_document_shows_programs_that_work(service, heading, words):
    document = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    section = document.partition(f"\n## {heading}\n")[2]
    (program,) = re.findall(r"```python\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    program = program.replace("127.0.0.1:8000", urlsplit(service.url).netloc).replace("spooky-authors", "toy")
    assert words in printed("-c", program)
