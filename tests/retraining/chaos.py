"""Kills processes of a service that retrains, at moments drawn from a seed, and looks at what is left afterwards."""

import contextlib
import os
import random
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from typing import Any

import httpx
from sqlalchemy import select

from app.storage.database import Database
from app.storage.tables import Feedback
from model.bundle import verify
from model.registry import Registry
from tests.app.process import Service
from tests.retraining import toy
from tests.retraining.playground import FINAL, Admin, Playground

VICTIMS = {"training": "-m training train", "worker": "-m app worker", "service": "-m app "}
_LONGEST_WAIT_S = 240
"""For a victim to be there: a worker that died often is started again the later."""
_LONGEST_DELAY_S = 6.0
_LONGEST_END_S = 120


class Feeder:
    """Somebody who gives feedback all the while, and knows which rows were taken."""

    def __init__(self) -> None:
        self.url: str | None = None
        self.taken: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(timeout=30, trust_env=False) as client:
            number = 0
            while not self._stop.wait(0.05):
                number += 1
                text = f"row {number}"
                with contextlib.suppress(httpx.TransportError):  # killed meanwhile: not answered, so not promised
                    body = {"text": text, "label": toy.LABELS[number % 3]}
                    answer = client.post(f"{self.url}/feedback", json=body) if self.url else None
                    if answer is not None and answer.status_code == 201:
                        self.taken.add(text)


class Chaos:
    """Kills on one data folder. There is always a job to be run, and feedback comes all the while."""

    def __init__(self, playground: Playground, seed: int) -> None:
        self._playground, self._generator = playground, random.Random(seed)
        _say(f"seed {seed}")
        self._stack = contextlib.ExitStack()
        self._feeder = Feeder()
        self._service: Service
        self._admin: Admin
        self.jobs: list[str] = []
        self.killed: Counter[str] = Counter()

    def run(self, kills: int) -> None:
        """So many kills, of each kind in turn but in another order each time; then check everything."""
        try:
            self._start()
            self._admin.upload("weather", toy.csv())
            while self.killed.total() < kills:
                for kind in self._generator.sample(sorted(VICTIMS), len(VICTIMS)):
                    self._kill(kind)
            self._check()
        finally:
            self._feeder.end()
            self._stack.close()

    def _start(self) -> None:
        self._stack.close()
        self._service, self._admin = self._stack.enter_context(self._playground.started())
        self._feeder.url = self._service.url

    def _kill(self, kind: str) -> None:
        self._have_a_job()
        self._find(kind)
        delay_s = self._generator.uniform(0, _LONGEST_DELAY_S)
        time.sleep(delay_s)
        self._have_a_job()
        pid = self._find(kind)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.killed[kind] += 1
            _say(f"{self.killed.total()}: killed the {kind} after {delay_s:.2f} s")
        if kind == "service":
            self._service.process.wait()
            self._start()

    def _find(self, kind: str) -> int:
        """A process of this kind, once there is one."""
        if kind == "service":
            return int(self._service.process.pid)
        deadline = time.monotonic() + _LONGEST_WAIT_S
        while time.monotonic() < deadline:
            found = [pid for pid, command in self._playground.processes().items() if VICTIMS[kind] in command]
            if found:
                return min(found)
            self._have_a_job()
            time.sleep(0.02)
        raise AssertionError(f"There is no {kind}: {self._playground.processes()}\n{self._playground.log()}")

    def _have_a_job(self) -> None:
        if not self.jobs or self._admin.job(self.jobs[-1])["state"] in FINAL:
            promote = self._generator.choice(("always", "never"))
            self.jobs.append(self._admin.retrain("weather", epochs=2, seed=len(self.jobs), promote=promote))

    def _check(self) -> None:
        self.jobs.append(self._admin.retrain("weather", epochs=2, promote="always", include_feedback=True))
        jobs = [self._admin.ended(job_id) for job_id in self.jobs]
        assert jobs[-1]["state"] == "succeeded", jobs[-1]
        ends = dict(Counter(job["state"] for job in jobs))
        _say(f"{dict(self.killed)} killed; {ends} jobs; {len(self._feeder.taken)} rows of feedback taken")
        listed = self._admin.get("/jobs", params={"limit": 200}).json()["jobs"]
        assert sorted(job["id"] for job in listed) == sorted(self.jobs)
        for job in jobs:
            states = [data["state"] for _, kind, data in self._admin.events(job["id"]) if kind == "state"]
            assert [state for state in states if state in FINAL] == states[-1:] == [job["state"]], states
        self._check_versions(jobs)
        assert self._admin.post("/predict", json={"text": "the calm sea"}).status_code == 200
        self._feeder.end()
        self._check_end()
        self._check_records()

    def _check_versions(self, jobs: list[Any]) -> None:
        """Each whole, and at most one a job; those that jobs speak of are theirs."""
        registry = Registry(self._playground.data / "models")
        manifests = {version: verify(registry.path("toy", version)).manifest for version in registry.versions("toy")}
        run_of = {version: manifest.training.get("run") for version, manifest in manifests.items() if version > 1}
        assert len(set(run_of.values())) == len(run_of)
        assert set(run_of.values()) <= set(self.jobs)
        assert registry.current("toy") in manifests
        for job in jobs:
            if job["state"] == "succeeded":
                assert run_of[job["result"]["version"]] == job["id"]
            else:
                # Nobody cancels here, and nothing else than our kills goes wrong.
                assert job["state"] == "failed", job
                assert "SIGKILL" in job["error"] or "ended without a word" in job["error"], job

    def _check_end(self) -> None:
        self._service.terminate()
        assert self._service.exit_code() == 0, self._service.log()
        deadline = time.monotonic() + _LONGEST_END_S
        while left := self._playground.processes():
            assert time.monotonic() < deadline, left
            time.sleep(0.1)

    def _check_records(self) -> None:
        database = Database(self._playground.data, self._playground.database_url)
        with database.read() as session:
            stored = set(session.scalars(select(Feedback.text)))
        database.close()
        assert self._feeder.taken
        assert self._feeder.taken <= stored
        for path in self._playground.data.glob("*.db"):
            with contextlib.closing(sqlite3.connect(path)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
                assert connection.execute("PRAGMA foreign_key_check").fetchall() == [], path


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
