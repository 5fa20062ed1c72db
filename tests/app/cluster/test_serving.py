"""Replicas of Ray Serve on three nodes, of which one is killed: what clients get meanwhile."""

import signal
import time

import httpx
import pytest

from model.registry import Registry
from tests.app.cluster.serving import TEXTS, deployed, sending
from tests.bundles import make_bundle

pytestmark = pytest.mark.ray
KEY = "an-admin-key-for-tests"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    for seed in (0, 1):
        make_bundle(folder / "models", seed=seed)
    return folder


@pytest.fixture(scope="module")
def service(data):
    with deployed(data, ADMIN_KEYS=KEY, MAX_BODY_BYTES=4096) as started:
        yield started


@pytest.fixture
def client(service):
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as opened:
        yield opened


def one_answer_a_version(threads):
    """The versions that answered; each said the same each time, whichever replica and client it was."""
    answers: dict[int, set[str]] = {}
    for thread in threads:
        assert thread.wrong == []
        assert thread.answered > 0
        for version, said in thread.answers.items():
            answers.setdefault(version, set()).update(said)
    assert all(len(said) == 1 for said in answers.values()), answers
    return set(answers)


def test_routes_answer_as_those_of_the_plain_process(client):
    answer = client.post("/predict", json={"texts": TEXTS}, headers={"X-Request-ID": "asked-by-a-test"})
    assert answer.status_code == 200
    assert answer.headers.get_list("x-request-id") == ["asked-by-a-test"]
    assert [each["model"] for each in answer.json()["predictions"]] == [{"name": "toy", "version": 1}] * 3
    assert client.get("/health/ready").json() == {"status": "ready", "model": {"name": "toy", "version": 1}}
    assert client.get("/models").status_code == client.get("/model").status_code == 200
    assert client.get("/nothing").headers["content-type"] == "application/problem+json"
    assert client.post("/predict", content=b"x" * 5000).status_code == 413
    assert client.post("/predict", json={"text": 1}).status_code == 422
    assert client.get("/jobs", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/jobs", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
    lines = client.post("/predict/stream", content=b'{"text": "the sea"}\n{"text": "a storm"}\n').text
    assert lines.count("\n") == 2
    assert "tercet_requests_total" in client.get("/metrics").text


def test_a_promotion_goes_round_all_replicas_and_nobody_notices(service, data):
    with sending(service) as threads:
        time.sleep(0.5)
        Registry(data / "models").promote("toy", 2)
        service.wait_for(lambda: service.versions() == {2})
    assert one_answer_a_version(threads) == {1, 2}
    assert sum(thread.again for thread in threads) == 0


def test_a_replica_that_is_killed_and_a_node_that_is_lost_cost_no_client_an_answer(service):
    before = service.replicas()
    with sending(service) as threads:
        first = next(iter(before.values()))
        first.send_signal(signal.SIGKILL)
        service.wait_for(lambda: len(service.replicas().keys() - {first.pid}) == 2)
        second = next(each for each in service.replicas().values() if service.node_of(each) != 0)
        service.cluster.kill(service.node_of(second))
        service.wait_for(lambda: len(service.replicas().keys() - {first.pid, second.pid}) == 2)
        service.wait_for(lambda: service.versions() == {2})
    assert one_answer_a_version(threads) == {2}
