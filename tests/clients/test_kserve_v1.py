"""KServe's client in protocol V1, as it comes from PyPI, against a real service, unmodified."""

import pytest

from tests.bundles import LABELS
from tests.clients.environment import run

pytestmark = pytest.mark.clients

TEXTS = ("the sea was calm", "étude — a storm over the sea")


@pytest.fixture(scope="module")
def kserve(service):
    """What it was answered."""
    return run("kserve_v1.py", service.url, "toy", *TEXTS)


@pytest.fixture(scope="module")
def rows(client):
    """What `/predict` says of the same texts, in the order of the labels."""
    predictions = client.post("/predict", json={"texts": TEXTS}).json()["predictions"]
    return [[each["probabilities"][label] for label in LABELS] for each in predictions]


def test_it_finds_the_model_ready_and_another_one_missing(kserve):
    assert kserve["ready"] is True
    assert kserve["other_ready"]["status"] == 404


@pytest.mark.parametrize("way", ["instances", "objects", "base64", "column"])
def test_rows_are_answered_as_predict_answers(kserve, rows, way):
    assert kserve[way] == {"predictions": rows}


@pytest.mark.parametrize("way", ["inputs", "named_inputs"])
def test_columns_are_answered_as_predict_answers(kserve, rows, way):
    assert kserve[way] == {"outputs": rows}


@pytest.mark.parametrize(
    ("way", "status", "words"),
    [
        ("unknown_model", 404, "There is no model 'nobody' here; toy (version 1) serves."),
        ("blank", 400, "instances[1] is blank."),
        ("nothing", 400, "neither instances nor inputs is given"),
        ("explanation", 400, "Explanations are at POST /explain"),
    ],
)
def test_it_shows_in_words_what_was_wrong(kserve, way, status, words):
    assert kserve[way]["status"] == status
    assert kserve[way]["error"].startswith(words)
