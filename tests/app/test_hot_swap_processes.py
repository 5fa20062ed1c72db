"""Versions change in real services under load: nothing fails, and each answer is from one whole version."""

import contextlib
import json
import threading
import time

import httpx
import pytest

from tests.app.process import LONGEST_END_S, client_of, run, started
from tests.bundles import make_bundle

TEXTS = ["a storm came over the sea", "the sea was calm", "the snow began to thaw"]
KEY = "an-admin-key-for-tests"
ADMIN = {"Authorization": f"Bearer {KEY}"}
LONGEST_NOTICE_S = 30
"""Not the two seconds that are promised: other tests may share the processor."""


@pytest.fixture(scope="module")
def two_versions(tmp_path_factory):
    """The models folder of a service with two versions of `toy`, which answer differently, and a broken third."""
    models = tmp_path_factory.mktemp("versions") / "models"
    for seed in range(3):
        folder = make_bundle(models, seed=seed)
    (folder / "saved_model.pb").write_bytes(b"broken")
    return models


@contextlib.contextmanager
def service_with(folder, models, **variables):
    with started(folder, DATA=models.parent, ADMIN_KEYS=KEY, **variables) as service:
        service.wait_for("All 2 workers are ready" if "WORKERS" in variables else "Ready: ")
        yield service


class Client(threading.Thread):
    """Sends lists over a new connection now and then, so that every worker is asked, until it is told to end."""

    def __init__(self, service):
        super().__init__()
        self._url = service.url
        self._ended = threading.Event()
        self.answers: dict[int, set[str]] = {}
        """The different answers, without their model, by version."""
        self.count = 0
        self.failures: list[str] = []

    def run(self):
        while not self._ended.is_set():
            with httpx.Client(base_url=self._url, timeout=30, trust_env=False) as client:
                for _ in range(5):
                    self._ask(client)
                    time.sleep(0.03)  # leave the loading some of the processor

    def _ask(self, client):
        try:
            response = client.post("/predict", json={"texts": TEXTS * 60})  # more than go in one run of the network
            predictions = response.raise_for_status().json()["predictions"]
        except httpx.HTTPError as error:
            self.failures.append(repr(error))
            return
        versions = {prediction["model"]["version"] for prediction in predictions}
        if len(versions) != 1:
            self.failures.append(f"versions {versions} in one answer")
        rounded = {
            json.dumps({label: round(value, 4) for label, value in prediction["probabilities"].items()})
            for prediction in predictions
        }
        self.answers.setdefault(versions.pop(), set()).update(rounded)
        self.count += 1

    def end(self):
        self._ended.set()
        self.join(LONGEST_END_S)


@contextlib.contextmanager
def sending(service, clients=2):
    threads = [Client(service) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for thread in threads:
            thread.end()


def check(clients, versions):
    """Nothing failed, and each version gave one answer to each text, another than the other version's."""
    assert [failure for client in clients for failure in client.failures] == []
    assert min(client.count for client in clients) > 5
    answers = {version: set().union(*(c.answers.get(version, set()) for c in clients)) for version in versions}
    assert {len(each) for each in answers.values()} == {len(TEXTS)}
    assert set().union(*(client.answers for client in clients)) == set(versions)
    first, second = answers.values()
    assert not first & second


def wait_until(condition):
    deadline = time.monotonic() + LONGEST_NOTICE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def served(service, asks=1):
    """The versions that answer new connections."""
    versions = set()
    for _ in range(asks):
        with client_of(service) as client:
            versions.add(client.get("/health/ready").json()["model"]["version"])
    return versions


def test_versions_are_promoted_and_rolled_back_by_route_while_requests_are_answered(tmp_path, two_versions):
    with service_with(tmp_path, two_versions) as service, client_of(service) as client:
        with sending(service) as clients:
            for version in (2, 1, 2, 1):
                response = client.post(f"/models/{version}/promote", headers=ADMIN)
                assert (response.status_code, response.json()) == (200, {"name": "toy", "version": version})
                assert served(service) == {version}
                time.sleep(0.3)
        check(clients, (1, 2))
        assert client.get("/statistics").json()["models"] == {"swaps": 4, "failed_swaps": 0}
        assert client.get("/models").json()["versions"][1]["previous"]
        assert "Traceback" not in service.log()


def test_a_promotion_by_the_command_line_is_followed_by_every_worker(tmp_path, two_versions):
    with service_with(tmp_path, two_versions, WORKERS=2) as service, client_of(service) as client:

        def swaps():
            return client.get("/statistics").json()["models"]

        with sending(service) as clients:
            for arguments, version, count in ((("promote", "2"), 2, 2), (("rollback",), 1, 4)):
                assert run("models", *arguments, cwd=tmp_path, DATA=two_versions.parent).returncode == 0
                wait_until(lambda count=count: swaps() == {"swaps": count, "failed_swaps": 0})
                assert served(service, 8) == {version}
        check(clients, (1, 2))
        assert "Traceback" not in service.log()


def test_a_broken_version_is_reported_and_what_served_serves_on(tmp_path, two_versions):
    pointer = two_versions / "toy" / "current"
    with service_with(tmp_path, two_versions) as service, client_of(service) as client:
        with sending(service) as clients:
            refused = client.post("/models/3/promote", headers=ADMIN)
            assert refused.status_code == 409
            assert "saved_model.pb does not match its sha256" in refused.json()["detail"]
            assert pointer.read_text() == "1\n"

            pointer.write_text("3\n")
            wait_until(lambda: "failed" in client.get("/health/ready").json())
            ready = client.get("/health/ready")
            assert ready.status_code == 200
            assert (ready.json()["model"]["version"], ready.json()["failed"]["version"]) == (1, 3)
            assert "saved_model.pb" in ready.json()["failed"]["reason"]

            back = client.post("/models/2/promote", headers=ADMIN)
            assert back.status_code == 200
            assert "failed" not in client.get("/health/ready").json()
            assert client.post("/models/1/promote", headers=ADMIN).status_code == 200
        check(clients, (1, 2))
        assert service.log().count("toy 3 should serve and cannot") == 1


def test_a_stream_goes_on_while_the_version_changes_and_each_line_is_from_one(tmp_path, two_versions):
    expected: dict[int, str] = {}
    with service_with(tmp_path, two_versions) as service, client_of(service) as client:

        def lines():
            for version in (2, 1, 2):
                for _ in range(400):
                    yield json.dumps({"text": TEXTS[0]}).encode() + b"\n"
                client.post(f"/models/{version}/promote", headers=ADMIN).raise_for_status()
            yield json.dumps({"text": TEXTS[0]}).encode() + b"\n"

        with client_of(service) as streaming, streaming.stream("POST", "/predict/stream", content=lines()) as response:
            answers = [json.loads(line) for line in response.iter_lines()]
    assert len(answers) == 1201
    for answer in answers:
        rounded = json.dumps({label: round(value, 4) for label, value in answer["probabilities"].items()})
        assert expected.setdefault(answer["model"]["version"], rounded) == rounded
    assert set(expected) == {1, 2}
    assert expected[1] != expected[2]
    assert answers[-1]["model"]["version"] == 2


def test_without_a_model_at_the_start_the_first_one_that_is_registered_is_served(tmp_path, two_versions):
    models = tmp_path / "var" / "models"
    make_bundle(models)
    (models / "toy" / "1" / "saved_model.pb").unlink()
    with started(tmp_path, STAY_UP_WITHOUT_MODEL="true") as service:
        service.wait_for("Staying up without a model")
        make_bundle(models)
        assert run("models", "promote", "2", cwd=tmp_path).returncode == 0
        service.wait_for("Serving: toy 2")
        assert served(service) == {2}
