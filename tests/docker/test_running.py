"""What docs/docker.md and the README promise of `docker compose up`, in the order in which somebody would try it."""

import httpx
import pytest

from tests.docker.compose import PORT, client, wait_until
from tests.retraining import toy

pytestmark = pytest.mark.docker

TEXT = "The sea was calm and the night was dark."
LONGEST_JOB_S, LONGEST_SWAP_S = 300, 30
KILL = "import psutil; (main,) = psutil.Process(1).children(); main.kill()"
GRAPH = "/data/models/spooky-authors/2/saved_model.pb"
FINAL = ("succeeded", "failed", "cancelled")


@pytest.fixture(scope="module")
def admin(installed):
    with client(installed) as admin:
        assert admin.put("/datasets/weather", content=toy.csv()).status_code == 201
        yield admin


def predict():
    answer = httpx.post(f"http://127.0.0.1:{PORT}/predict", json={"text": TEXT}, timeout=10, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()


def retrain(admin):
    order = {"dataset": "weather", "preset": "reference", "epochs": 1, "promote": "always", "allow_label_change": True}
    placed = admin.post("/retrain", json=order)
    assert placed.status_code == 202, placed.text
    return f"/jobs/{placed.json()['id']}"


def version_of(admin, path):
    """Of the bundle that a job made, once it serves."""
    wait_until(lambda: admin.get(path).json()["state"] in FINAL, LONGEST_JOB_S)
    job = admin.get(path).json()
    assert job["state"] == "succeeded", job
    wait_until(lambda: admin.get("/model").json()["version"] == job["result"]["version"], LONGEST_SWAP_S)
    return job["result"]["version"]


def ids(installed):
    return [installed.container(service)["Id"] for service in ("api", "worker")]


def test_it_answers_with_the_default_bundle(installed):
    answer = predict()
    assert answer["model"] == {"name": "spooky-authors", "version": 2}
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_both_are_healthy_and_the_second_up_changes_nothing(installed):
    before = ids(installed)
    installed.up()
    assert ids(installed) == before
    states = [installed.container(service)["State"]["Health"]["Status"] for service in ("api", "worker")]
    assert states == ["healthy"] * 2


def test_what_it_learned_serves_after_a_restart_of_both(installed, admin):
    version = version_of(admin, retrain(admin))
    assert version >= 3
    installed("restart")
    installed.up()
    answer = predict()
    assert answer["model"]["version"] == version
    assert sorted(answer["probabilities"]) == sorted(toy.LABELS)


def test_a_job_outlives_the_worker_that_ran_it(installed, admin):
    job = retrain(admin)
    wait_until(lambda: admin.get(job).json()["state"] == "running", LONGEST_JOB_S)
    # Detached, since the engine may end what runs in a container before it has said that it ended well.
    installed("exec", "--detach", "-T", "worker", "python", "-c", KILL)
    assert version_of(admin, job) == predict()["model"]["version"]
    assert installed.container("worker")["RestartCount"] == 1
    assert admin.get(job).json()["attempts"] == 2


def test_it_stops_cleanly_and_finds_its_data_again(installed):
    identity = ("exec", "-T", "api", "stat", "--format", "%i %Y", GRAPH)
    before, version = installed(*identity), predict()["model"]["version"]
    installed("stop")
    assert [installed.container(service)["State"]["ExitCode"] for service in ("api", "worker")] == [0, 0]
    installed("down")
    installed.up()
    assert installed(*identity) == before
    assert predict()["model"]["version"] == version
