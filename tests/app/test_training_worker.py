"""The real service with the training worker that it runs itself."""

import os
import re
import shutil
import signal

import pytest

from app.jobs.identity import start_of
from tests.app.jobs.playing import wait_until
from tests.app.process import started


@pytest.fixture
def service(tmp_path, toy_models):
    """Starts the service with a worker, and waits until that is ready."""

    def start(*arguments):
        shutil.copytree(toy_models, tmp_path / "var" / "models", dirs_exist_ok=True)
        return started(tmp_path, *arguments, WORKER="embedded", DATA=tmp_path / "var", ADMIN_KEYS="k" * 32)

    return start


def workers_of(service):
    return [int(pid) for pid in re.findall(r"training worker is ready, process (\d+)", service.log())]


def test_a_worker_that_is_killed_is_replaced_and_the_last_ends_with_the_service(service):
    with service() as running:
        running.wait_for("The training worker is ready")
        os.kill(workers_of(running)[0], signal.SIGKILL)
        _, second = wait_until(lambda: found if len(found := workers_of(running)) == 2 else None)
        running.terminate()
        assert running.exit_code() == 0
        assert start_of(second) is None


@pytest.mark.parametrize("arguments", [(), ("--workers", "2")])
def test_the_worker_ends_where_the_service_is_killed(service, arguments):
    with service(*arguments) as running:
        running.wait_for("The training worker is ready")
        [worker] = workers_of(running)
        running.process.kill()
        wait_until(lambda: start_of(worker) is None)


def test_several_processes_have_one_worker_that_ends_with_them(service):
    with service("--workers", "2") as running:
        running.wait_for("The training worker is ready")
        running.wait_for("All 2 workers are ready")
        [worker] = workers_of(running)
        running.terminate()
        assert running.exit_code() == 0
        assert start_of(worker) is None
