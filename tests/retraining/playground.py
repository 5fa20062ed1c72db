"""A service that retrains: real processes on a data folder of their own, and what an admin does with it over HTTP."""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx

from tests.app.process import Service, started
from tests.retraining import toy

KEY = "the-admin-key-of-these-tests"
FINAL = ("succeeded", "failed", "cancelled")
LONGEST_JOB_S = 600
LONGEST_SWAP_S = 300


class Playground:
    """A data folder, and the settings that every start of the service has."""

    def __init__(self, folder: Path, database_url: str | None = None, **variables: object) -> None:
        self.folder, self.data, self.database_url = folder, folder / "data", database_url
        self._variables = {"DATA": self.data, "ADMIN_KEYS": KEY, "WORKER": "embedded", **variables}
        if database_url is not None:
            self._variables["DATABASE_URL"] = database_url
        self._starts = 0

    @classmethod
    def of_toys(cls, folder: Path, models: Path, database_url: str | None, **variables: object) -> Self:
        """With a toy model as version 1, and vectors for what is said of the weather."""
        shutil.copytree(models, folder / "data" / "models")
        vectors = folder / "vectors.txt"
        vectors.write_text(toy.vectors())
        return cls(folder, database_url, VECTORS=vectors, **variables)

    @contextlib.contextmanager
    def started(self) -> Iterator[tuple[Service, "Admin"]]:
        """The service, once it answers."""
        self._starts += 1
        own = self.folder / f"start-{self._starts}"
        own.mkdir()
        with started(own, **self._variables) as service:
            service.wait_until_ready()
            with Admin(service.url) as admin:
                yield service, admin

    def log(self) -> str:
        """What every start has said."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("start-*/service.log")))

    def processes(self) -> dict[int, str]:
        """The command line of every living process that was told of our data folder, by its id."""
        mark = f"TERCET_DATA={self.data}".encode()
        found = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        found.pop(os.getpid(), None)
        return found


class Admin(httpx.Client):
    """A client with an admin's key."""

    def __init__(self, url: str) -> None:
        super().__init__(base_url=url, timeout=60, trust_env=False, headers={"X-API-Key": KEY})

    def upload(self, name: str, content: bytes) -> Any:
        answer = self.put(f"/datasets/{name}", content=content)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def retrain(self, dataset: str, **request: Any) -> str:
        """The id of the job."""
        answer = self.post("/retrain", json={"dataset": dataset, **request})
        assert answer.status_code == 202, answer.text
        assert answer.headers["Location"] == f"/jobs/{answer.json()['id']}"
        return str(answer.json()["id"])

    def job(self, job_id: str) -> Any:
        answer = self.get(f"/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def events(self, job_id: str, after: int = 0) -> Iterator[tuple[int, str, Any]]:
        """Id, kind and data of every event, until the stream ends by itself."""
        headers = {"Last-Event-ID": str(after)} if after else {}
        with self.stream("GET", f"/jobs/{job_id}/events", headers=headers) as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            event: dict[str, str] = {}
            for line in answer.iter_lines():
                if line:
                    name, _, value = line.partition(":")
                    event[name] = value.strip()
                elif "data" in event:
                    yield int(event["id"]), event["event"], json.loads(event["data"])
                    event = {}

    def ended(self, job_id: str, limit_s: float = LONGEST_JOB_S) -> Any:
        """The job, once it is in a state that it does not leave."""
        deadline = time.monotonic() + limit_s
        while (job := self.job(job_id))["state"] not in FINAL:
            assert time.monotonic() < deadline, job
            time.sleep(0.2)
        return job

    def wait_for_version(self, version: int) -> None:
        """Return once the service serves it."""
        deadline = time.monotonic() + LONGEST_SWAP_S
        while self.get("/model").json()["version"] != version:
            assert time.monotonic() < deadline, self.get("/health/ready").text
            time.sleep(0.05)

    def probabilities(self, texts: list[str]) -> dict[str, Any]:
        """What the version that serves says of each text, asked one by one."""
        return {text: self.post("/predict", json={"text": text}).json()["probabilities"] for text in texts}
