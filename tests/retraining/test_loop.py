"""The whole loop with real processes: upload, retrain, follow, serve, roll back; and a client that notices nothing."""

from typing import Any

import pytest

from model.bundle import verify
from model.registry import Registry
from model.signature import VARIABLE
from tests.retraining import toy
from tests.retraining.playground import Playground
from tests.retraining.steady import SteadyClient

RATE = 200
TEXTS = [text for text, _ in toy.rows(each=3, seed=1)]


BUNDLE_KEY = "a-key-that-bundles-are-signed-by-0001"


@pytest.fixture
def playground(tmp_path, toy_models, database_url):
    return Playground.of_toys(tmp_path, toy_models, database_url)


@pytest.fixture
def signed(tmp_path, toy_models, database_url, monkeypatch):
    """The same, where nothing is loaded that is not signed."""
    made = Playground.of_toys(tmp_path, toy_models, database_url, BUNDLE_KEY=BUNDLE_KEY)
    monkeypatch.setenv(VARIABLE, BUNDLE_KEY)
    Registry(made.data / "models").sign("toy", 1)
    return made


def same(found: dict[str, float], expected: dict[str, float]) -> bool:
    return found == pytest.approx(expected, abs=1e-5)


def assert_whole(client: SteadyClient, known: dict[int, Any]) -> None:
    """Every request was answered, each by what one version says of its text."""
    assert client.failures == []
    assert {answer.status for answer in client.answers} == {200}
    assert len(client.answers) == client.asked > 0.9 * RATE * client.lasted_s
    for answer in client.answers:
        expected = known[answer.content["model"]["version"]][answer.text]
        assert same(answer.content["probabilities"], expected), answer
        assert answer.content["label"] == max(expected, key=expected.__getitem__), answer


def assert_followed(events: list[tuple[int, str, Any]]) -> None:
    """The events tell the way of a job from the queue to its version, each later than the one before."""
    ids = [number for number, _, _ in events]
    assert ids == sorted(set(ids))
    states = [data for _, kind, data in events if kind == "state"]
    assert [data["state"] for data in states] == ["queued", "running", "succeeded"]
    assert events[-1][1:] == ("state", {"state": "succeeded", "version": 2})
    progress = [data for _, kind, data in events if kind == "progress"]
    assert [data["epoch"] for _, kind, data in events if kind == "epoch"] == [1, 2, 3]
    elapsed = [data["elapsed_s"] for data in progress]
    assert elapsed == sorted(elapsed)
    assert len(elapsed) >= elapsed[-1] - 1  # one a second at least


def test_a_new_version_serves_and_is_rolled_back_while_a_client_asks_200_times_a_second(signed):
    with signed.started() as (service, admin):
        known = {1: admin.probabilities(TEXTS)}
        with SteadyClient(service.url, TEXTS, RATE) as client:
            assert admin.upload("weather", toy.csv())["rows"] == 75
            job_id = admin.retrain("weather", epochs=3, promote="always")
            events = list(admin.events(job_id))
            assert_followed(events)
            admin.wait_for_version(2)
            known[2] = admin.probabilities(TEXTS)
            assert not any(same(known[2][text], known[1][text]) for text in TEXTS)
            answer = admin.post("/models/1/promote")
            assert (answer.status_code, answer.json()) == (200, {"name": "toy", "version": 1})
            after = admin.probabilities(TEXTS)
            assert all(same(after[text], known[1][text]) for text in TEXTS)
        assert_whole(client, known)
        assert {answer.content["model"]["version"] for answer in client.answers} == {1, 2}
        assert list(admin.events(job_id, after=events[-2][0])) == events[-1:]
        result = admin.job(job_id)["result"]
        assert (result["version"], result["promoted"], result["promotion"]["replaced"]) == (2, True, 1)
        assert result["comparison"]["champion"]["version"] == 1
        service.terminate()
        assert service.exit_code() == 0
    assert signed.processes() == {}
    assert verify(signed.data / "models" / "toy" / "2").manifest.name == "toy"
    assert BUNDLE_KEY not in signed.log()
