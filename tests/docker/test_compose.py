"""The image under docker compose, as a user starts it: it needs an engine that has built tercet:ci."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.retraining import toy

pytestmark = pytest.mark.docker

ROOT = Path(__file__).parents[2]
URL = "http://127.0.0.1:8000"
TEXT = "The sea was calm and the night was dark."
OWNERS = "import glob, os; print({os.stat(p).st_uid for p in glob.glob('/proc/[0-9]*')})"
LONGEST_JOB_S, LONGEST_SWAP_S = 300, 30
GRAPH = "/data/models/spooky-authors/2/saved_model.pb"

Compose = Callable[..., str]


def run_compose(*arguments: str) -> str:
    program = ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
    done = subprocess.run(
        [*program, "--project-name", "tercet-test", *arguments],
        cwd=ROOT,
        env={**os.environ, "TERCET_TAG": "ci"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"docker compose {' '.join(arguments)}\n{done.stdout}{done.stderr}{logs(program)}"
    return done.stdout.strip()


def logs(program: list[str]) -> str:
    command = [*program, "--project-name", "tercet-test", "logs", "--no-color", "--tail", "50"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def up() -> None:
    run_compose("up", "--detach", "--no-build", "--pull", "never", "--wait", "--wait-timeout", "180")


@pytest.fixture(scope="module")
def compose() -> Iterator[Compose]:
    try:
        up()
        yield run_compose
    finally:
        run_compose("down", "--volumes")


def wait_until(is_so: Callable[[], bool], limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def predict() -> Any:
    answer = httpx.post(f"{URL}/predict", json={"text": TEXT}, timeout=10, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_it_answers_with_probabilities_of_the_default_bundle(compose):
    answer = predict()
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert len(answer["probabilities"]) == 3
    assert answer["model"]["version"] >= 1


def test_it_says_that_it_is_ready(compose):
    assert httpx.get(f"{URL}/health/ready", timeout=10, trust_env=False).status_code == 200


def test_no_process_of_it_is_root(compose):
    assert compose("exec", "-T", "api", "python", "-c", OWNERS) == "{10001}"


def test_its_programs_cannot_be_changed_by_it(compose):
    writable = "import os; print([p for p in ('/srv/tercet/app', '/opt/tercet', '/data') if os.access(p, os.W_OK)])"
    assert compose("exec", "-T", "api", "python", "-c", writable) == "['/data']"


def test_it_retrains_by_itself_and_serves_the_new_version_after_a_restart_too(compose):
    key = compose("exec", "-T", "api", "cat", "/data/admin-key")
    with httpx.Client(base_url=URL, headers={"X-API-Key": key}, timeout=60, trust_env=False) as admin:
        assert admin.put("/datasets/weather", content=toy.csv()).status_code == 201
        placed = admin.post("/retrain", json={"dataset": "weather", "epochs": 1, "promote": "always"})
        assert placed.status_code == 202, placed.text
        job = f"/jobs/{placed.json()['id']}"
        wait_until(lambda: admin.get(job).json()["state"] not in ("queued", "running"), LONGEST_JOB_S)
        assert admin.get(job).json()["state"] == "succeeded", admin.get(job).text
        assert admin.get(job).json()["result"]["version"] == 3
        wait_until(lambda: admin.get("/model").json()["version"] == 3, LONGEST_SWAP_S)
    compose("restart")
    up()
    answer = predict()
    assert answer["model"]["version"] == 3
    assert sorted(answer["probabilities"]) == sorted(toy.LABELS)


def test_it_stops_cleanly_and_finds_its_data_again(compose):
    identity = ("exec", "-T", "api", "stat", "--format", "%i %Y", GRAPH)
    before = compose(*identity)
    compose("stop")
    assert compose("ps", "--all", "--format", "{{.ExitCode}}") == "0"
    compose("down")
    up()
    assert compose(*identity) == before
    assert predict()["model"]["version"] >= 1
