import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydantic_core import to_json

from app.classifier import Classification
from app.prediction_lines import prediction_lines
from app.routes.predict import present
from model.encoder import TokenCounts
from tests.app.fakes import fake_serving

COUNTS = [TokenCounts(3, 2, 1, truncated=True), TokenCounts(0, 0, 0, truncated=False)]


def serving_with(labels):
    serving = fake_serving()
    manifest = serving.bundle.manifest.model_copy(update={"labels": tuple(labels)})
    bundle = type(serving.bundle)(serving.bundle.folder, manifest, serving.bundle.encoder)
    return replace(serving, bundle=bundle)


def check(probabilities, labels, counts):
    classification = Classification(serving_with(labels), probabilities, counts, probabilities.argmax(axis=1).tolist())
    lines = prediction_lines(classification)
    assert lines == b"".join(to_json(each) + b"\n" for each in present(classification))
    return lines


floats = st.floats(0, 1, width=32)


@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(2, 4)), elements=floats), st.data())
def test_lines_are_to_the_byte_what_predict_answers(probabilities, data):
    rows, classes = probabilities.shape
    labels = data.draw(st.lists(st.text(st.characters(codec="utf-8")), min_size=classes, max_size=classes, unique=True))
    counts = data.draw(st.lists(st.sampled_from(COUNTS), min_size=rows, max_size=rows))
    check(probabilities, labels, counts)


@pytest.mark.parametrize("label", ["%", "%s", "%%d", '"', "\\", "a\nb", "\u2028", "é", "{0}"])
def test_a_label_may_have_any_characters_and_a_line_stays_a_line(label):
    lines = check(np.array([[0.25, 0.75], [1e-7, 1]], np.float32), ["other", label], COUNTS)
    first, second = lines.removesuffix(b"\n").split(b"\n")
    assert json.loads(first)["label"] == label
    assert json.loads(second)["probabilities"] == {"other": pytest.approx(1e-7), label: 1.0}
