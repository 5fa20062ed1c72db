"""The loop with a training that learns on a Ray cluster: told, cancelled and failing as one on this machine."""

import contextlib
import time

import psutil
import pytest

from tests.ports import free_port
from tests.retraining import toy
from tests.retraining.playground import Playground

pytestmark = pytest.mark.ray

LONGEST_END_S = 180


@pytest.fixture
def playground(tmp_path, toy_models, cluster, monkeypatch):
    for name, value in cluster.variables.items():
        monkeypatch.setenv(name, value)

    def of(address):
        return Playground.of_toys(tmp_path, toy_models, None, RAY_ADDRESS=address, TRAINING_THREADS=1)

    return of


def learning():
    """The processes of the cluster that learn."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if process.cmdline()[0].startswith("ray::RayTrainWorker"):
                found.append(process)
    return found


def test_a_job_learns_on_the_cluster_and_is_cancelled_there(playground, cluster):
    with playground(cluster.address).started() as (_, admin):
        admin.upload("weather", toy.csv())
        job_id = admin.retrain("weather", preset="reference", epochs=200)
        said = []
        for _, kind, data in admin.events(job_id):
            said.append((kind, data.get("state") or data.get("message") or data.get("epoch")))
            if kind == "epoch":
                break
        assert [what for kind, what in said if kind == "state"] == ["queued", "running"]
        assert "learning with 2 workers on the cluster" in [what for _, what in said]
        assert said[-1] == ("epoch", 1)
        assert len(learning()) == 2
        assert admin.delete(f"/jobs/{job_id}").status_code in (200, 202)
        assert admin.ended(job_id)["state"] == "cancelled"
        deadline = time.monotonic() + LONGEST_END_S
        while learning():
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_a_cluster_that_is_away_fails_the_job_and_says_so(playground):
    address = f"127.0.0.1:{free_port()}"
    with playground(address).started() as (_, admin):
        admin.upload("weather", toy.csv())
        job = admin.ended(admin.retrain("weather", preset="reference", epochs=2))
        assert job["state"] == "failed"
        assert f"There is no Ray cluster at {address}" in job["error"]
        assert admin.get("/model").json()["version"] == 1
