"""What a correction says of the model that serves; it is kept whatever that does."""

import asyncio

import pytest

from app.feedback import agreement
from tests.app.fakes import FakeEngine, fake_serving, running


def counted(folder, *corrections, engine=None, held=0, **values):
    """What `/statistics` says of corrections, each a text and a label, all of which were kept."""

    async def main():
        async with running(lambda *_: fake_serving(engine), data=folder, **values) as (service, client):
            service.classifier._admission.take(held)
            for text, label in corrections:
                answer = await client.post("/feedback", json={"text": text, "label": label})
                assert answer.status_code == 201
            return (await client.get("/statistics")).json()

    totals = asyncio.run(main())
    assert totals["predictions"]["by_label"] == {}
    return totals["feedback"]


def test_a_label_agrees_with_the_model_or_differs(tmp_path):
    # The fake network takes one for few, three for many.
    corrections = [("one", "few"), ("one", "many"), ("three", "many"), ("one", "few")]
    assert counted(tmp_path, *corrections) == {"agrees": 3, "differs": 1, "accuracy": 0.75}


def test_a_network_that_fails_does_not_fail_feedback(tmp_path, caplog):
    engine = FakeEngine()
    engine.error = RuntimeError("out of memory")
    assert counted(tmp_path, ("one", "few"), engine=engine) == {"agrees": 0, "differs": 0, "accuracy": None}
    assert "could not be classified" in caplog.text


def test_a_full_queue_does_not_fail_feedback(tmp_path):
    assert counted(tmp_path, ("one", "few"), held=4, queue_limit=4) == {"agrees": 0, "differs": 0, "accuracy": None}


def test_a_network_that_hangs_does_not_hold_feedback_up(tmp_path, monkeypatch):
    monkeypatch.setattr(agreement, "_PATIENCE_S", 0.02)
    engine = FakeEngine()
    engine.open.clear()
    try:
        found = counted(tmp_path, ("one", "few"), engine=engine)
    finally:
        engine.open.set()
    assert found == {"agrees": 0, "differs": 0, "accuracy": None}


@pytest.mark.parametrize("label", ["", "none"])
def test_feedback_that_is_refused_is_not_counted(tmp_path, label):
    async def main():
        async with running(data=tmp_path) as (_, client):
            assert (await client.post("/feedback", json={"text": "one", "label": label})).status_code == 422
            return (await client.get("/statistics")).json()["feedback"]

    assert asyncio.run(main())["accuracy"] is None
