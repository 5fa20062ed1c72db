"""What an operator does to a service in a year, in minutes: other versions, retrainings, and processes that die."""

import asyncio
import contextlib
import csv
import io
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks.soak.kinds import LABELS
from benchmarks.soak.watch import processes

KEY = "key-of-the-soak"
FINAL = ("succeeded", "failed", "cancelled")
_DATASET = "soak"
_ROWS = 300
_LONGEST_JOB_S, _LONGEST_SWAP_S, _LONGEST_WAIT_S = 300.0, 120.0, 90.0
_PAUSE_S = 2.0
_HOME = 1
"""The version that serves most of the time."""


class ChoreError(Exception):
    """Something did not come out as it has to; the message says what."""


class Chores:
    """One after another in an order drawn from a seed, until the time is over."""

    def __init__(self, url: str, data: Path, seed: int, on_kill: Callable[[], None]) -> None:
        self._data, self._on_kill = data, on_kill
        self._random = random.Random(seed)
        headers = {"X-API-Key": KEY, "Connection": "close"}  # a kept one may be with a process that was killed
        self._admin = httpx.AsyncClient(base_url=url, headers=headers, timeout=_LONGEST_SWAP_S, trust_env=False)
        self.done: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        """Jobs by the state in which they ended."""
        self.swap_s: list[float] = []

    async def run(self, texts: Sequence[str], calm_s: float, end_s: float) -> None:
        """Until `end_s`, and what answers is killed before `calm_s` alone, both by the monotonic clock."""
        async with self._admin:
            await self._upload(texts)
            while time.monotonic() < end_s:
                chores = [self._swap, self._retrain, self._kill_training, self._swap, self._kill_worker]
                if time.monotonic() < calm_s:
                    chores += [self._kill_serving]
                for chore in self._random.sample(chores, len(chores)):
                    if time.monotonic() < end_s:
                        await chore()
                        self.done[chore.__name__.strip("_")] += 1
                        await asyncio.sleep(_PAUSE_S)
            await self._retrain()  # after all that was killed, one that goes through

    async def _upload(self, texts: Sequence[str]) -> None:
        file = io.StringIO()
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        rows.writerows([f"{texts[n % len(texts)]} {n}", LABELS[n % len(LABELS)]] for n in range(_ROWS))
        answer = await self._admin.put(f"/datasets/{_DATASET}", content=file.getvalue().encode())
        _expect(answer, 201)

    async def _swap(self) -> None:
        """Another version serves, and then the first one again, which growth is to be seen of."""
        listed = (await self._admin.get("/models")).json()
        serving = await self._version()
        others = [each["version"] for each in listed["versions"] if each["version"] not in (serving, _HOME)]
        await self._promote(self._random.choice(others))
        await asyncio.sleep(_PAUSE_S)
        await self._promote(_HOME)

    async def _promote(self, version: int) -> None:
        began = time.monotonic()
        _expect(await self._admin.post(f"/models/{version}/promote"), 200)
        self.swap_s.append(time.monotonic() - began)

    async def _retrain(self) -> None:
        job = await self._ended(await self._ordered(promote=self._random.choice(("always", "never"))))
        if job["state"] != "succeeded":
            raise ChoreError(f"a retraining that nobody disturbed ended so: {job}")

    async def _kill_training(self) -> None:
        job_id = await self._ordered(promote="never")
        await self._kill("training")
        await self._ended(job_id)

    async def _kill_worker(self) -> None:
        job_id = await self._ordered(promote="never")
        await self._pid("training")
        await self._kill("worker")
        await self._ended(job_id)

    async def _kill_serving(self) -> None:
        """One of the processes that answer; then wait until there are as many again."""
        before = self._of("serving")
        await self._kill("serving")
        deadline = time.monotonic() + _LONGEST_WAIT_S
        while len(self._of("serving")) < len(before):
            if time.monotonic() > deadline:
                raise ChoreError("a killed process was not replaced")
            await asyncio.sleep(0.2)

    async def _ordered(self, **request: Any) -> str:
        body = {"dataset": _DATASET, "preset": "reference", "epochs": 1, **request}
        answer = await self._admin.post("/retrain", json=body)
        _expect(answer, 202)
        return str(answer.json()["id"])

    async def _ended(self, job_id: str) -> Any:
        deadline = time.monotonic() + _LONGEST_JOB_S
        while (job := (await self._admin.get(f"/jobs/{job_id}")).json())["state"] not in FINAL:
            if time.monotonic() > deadline:
                raise ChoreError(f"a job does not end: {job}")
            await asyncio.sleep(0.5)
        self.ends[job["state"]] += 1
        return job

    async def _version(self) -> int:
        return int((await self._admin.get("/model")).json()["version"])

    async def _kill(self, role: str) -> None:
        pid = await self._pid(role)
        await asyncio.sleep(self._random.uniform(0, 3))
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself meanwhile
            if role == "serving":
                self._on_kill()
            os.kill(pid, signal.SIGKILL)

    async def _pid(self, role: str) -> int:
        """A process of this role, once there is one."""
        deadline = time.monotonic() + _LONGEST_WAIT_S
        while not (found := self._of(role)):
            if time.monotonic() > deadline:
                raise ChoreError(f"there is no process for {role}")
            await asyncio.sleep(0.05)
        return min(found)

    def _of(self, role: str) -> list[int]:
        return [pid for pid, of in processes(self._data).items() if of == role]


def _expect(answer: httpx.Response, status: int) -> None:
    if answer.status_code != status:
        raise ChoreError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
