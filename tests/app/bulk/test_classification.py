import sys

import numpy as np
import pytest

from app.bulk import classification
from app.bulk.classification import BulkClassifier
from app.bulk.rows import Batch, Prediction
from tests.app.fakes import FakeEngine, fake_serving


def batch(texts, faults=None):
    return Batch(texts, faults or [None] * len(texts), list, None, {}, 0)


def classify(batches, engine=None, rows=0, limit=20):
    classifier = BulkClassifier(fake_serving(engine), limit)
    return list(classifier.classify(iter(batches), rows))


def test_each_row_gets_its_own_prediction():
    (done,) = classify([batch(["three", "unknown words alone", "one two"])])
    assert done.predictions == [
        Prediction("many", [0.25, 0.75], 1),
        Prediction("few", [1.0, 0.0], 0),
        Prediction("many", np.array([1 / 3, 2 / 3], np.float32).tolist(), 2),
    ]
    assert (done.words, done.known_words) == (6, 3)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "text is blank"),
        (" \t\u00a0\n", "text is blank"),
        (None, "text is missing"),
        (3, "text is no string but int"),
        (["one"], "text is no string but list"),
        ("x" * 21, "text has 21 characters; the limit is 20 (TERCET_MAX_TEXT_CHARACTERS)"),
    ],
)
def test_a_text_that_cannot_be_classified_says_why_and_hurts_no_other(text, fault):
    engine = FakeEngine()
    (done,) = classify([batch(["one", text, "three"])], engine)
    assert done.predictions == [
        Prediction("few", [0.5, 0.5], 1),
        Prediction(fault=fault),
        Prediction("many", [0.25, 0.75], 1),
    ]
    assert engine.batches == [2]


def test_a_text_of_the_largest_length_is_taken():
    (done,) = classify([batch(["x" * 20])])
    assert done.predictions[0].fault is None


def test_what_the_reader_found_wrong_comes_before_what_is_wrong_with_the_text():
    (done,) = classify([batch(["one", ""], ["line 2 is broken", "line 3 is broken"])])
    assert [prediction.fault for prediction in done.predictions] == ["line 2 is broken", "line 3 is broken"]


def test_a_batch_of_bad_rows_alone_does_not_reach_the_network():
    engine = FakeEngine()
    assert [len(done.predictions) for done in classify([batch(["", ""]), batch([])], engine)] == [2, 0]
    assert engine.batches == []


def test_batches_come_in_order_in_runs_of_the_size_that_the_engine_likes_best():
    engine = FakeEngine()
    texts = ["one", "two", "three"] * 100
    batches = [batch(texts) for _ in range(3)]
    done = classify(batches, engine)
    assert [each.batch for each in done] == batches
    assert engine.batches == [128, 128, 44] * 3
    assert [len(thread) > 0 and "inference" in thread for thread in engine.threads] == [True]


def test_the_next_batch_is_read_while_the_network_is_at_work():
    engine = FakeEngine()
    engine.open.clear()
    read = []

    def batches():
        for number in range(3):
            read.append(number)
            if number == 1:
                assert engine.started.wait(10)
                engine.open.set()
            yield batch(["one"])

    assert len(classify(batches(), engine)) == 3
    assert read == [0, 1, 2]


@pytest.mark.parametrize(("already", "uncompiled"), [(0, 3), (6, 2), (13, 0), (100, 0)])
def test_the_network_is_compiled_from_the_same_row_on_wherever_a_run_begins(monkeypatch, already, uncompiled):
    monkeypatch.setattr(classification, "COMPILE_AFTER_ROWS", 13)

    class Engine(FakeEngine):
        def __init__(self):
            super().__init__()
            self.before = 0

        def probabilities(self, ids):
            self.before += self.compilations == 0
            return super().probabilities(ids)

    engine = Engine()
    classify([batch(["one"] * 6)] * 5, engine, rows=already)
    assert engine.before == uncompiled
    assert engine.compilations == 1


def test_a_network_that_cannot_be_compiled_goes_on_as_it_is(monkeypatch, caplog):
    monkeypatch.setattr(classification, "COMPILE_AFTER_ROWS", 0)
    engine = FakeEngine()
    monkeypatch.setattr(engine, "compile", lambda: 1 / 0)
    (done,) = classify([batch(["one"])], engine)
    assert done.predictions[0].label == "few"
    assert "Compiling the network failed" in caplog.text


def test_an_error_of_the_network_ends_the_run():
    engine = FakeEngine()
    engine.error = RuntimeError("broken")
    with pytest.raises(RuntimeError, match="broken"):
        classify([batch(["one"])] * 3, engine)


def test_threads_change_over_as_before_afterwards():
    before = sys.getswitchinterval()
    engine = FakeEngine()
    engine.error = RuntimeError("broken")
    with pytest.raises(RuntimeError, match="broken"):
        classify([batch(["one"])], engine)
    assert sys.getswitchinterval() == before
