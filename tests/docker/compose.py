"""docker compose as a user runs it, in a folder that holds no `.env` but the test's."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
IMAGE = "tercet:ci"
PORT = 18_000
LONGEST_START_S = 180


@dataclass(frozen=True)
class Project:
    """The compose files of the checkout, with a folder for `.env`."""

    folder: Path
    files: tuple[str, ...] = ("docker-compose.yml",)
    variables: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str) -> str:
        """What the command prints. Raises `AssertionError` with the containers' logs where it fails."""
        done = self._run(*arguments)
        said = f"docker compose {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        assert done.returncode == 0, said + self._run("logs", "--no-color", "--tail", "50").stdout
        return done.stdout.strip()

    def config(self, *profiles: str) -> dict[str, Any]:
        """What compose makes of the files with these profiles."""
        chosen = [part for profile in profiles for part in ("--profile", profile)]
        return dict(json.loads(self(*chosen, "config", "--format", "json")))

    def up(self) -> None:
        """Start what is not there, and wait until all of it is healthy."""
        self("up", "--detach", "--no-build", "--pull", "never", "--wait", "--wait-timeout", str(LONGEST_START_S))

    def container(self, service: str) -> dict[str, Any]:
        """What the engine knows of a service's only container."""
        (container,) = json.loads(docker("inspect", self("ps", "--all", "--quiet", service)))
        return dict(container)

    def python(self, service: str, code: str) -> str:
        """What a program prints in a container."""
        return self("exec", "-T", service, "python", "-c", code)

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
        files = [part for name in self.files for part in ("--file", str(ROOT / name))]
        place = ["--project-name", "tercet-test", "--project-directory", str(self.folder)]
        unset = {name: value for name, value in os.environ.items() if not name.startswith(("TERCET_", "POSTGRES_"))}
        return subprocess.run(
            [*program, *place, *files, *arguments],
            env={**unset, "TERCET_TAG": "ci", **self.variables},
            capture_output=True,
            text=True,
            check=False,
        )


def docker(*arguments: str) -> str:
    """What `docker …` prints."""
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def client(project: Project) -> Iterator[httpx.Client]:
    """Somebody with the admin key that the first start made."""
    key = project("exec", "-T", "api", "cat", "/data/admin-key")
    url = f"http://127.0.0.1:{PORT}"
    with httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=60, trust_env=False) as admin:
        yield admin


def wait_until(is_so: Callable[[], bool], limit_s: float) -> None:
    """Raises `AssertionError` where it never is."""
    deadline = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.3)
