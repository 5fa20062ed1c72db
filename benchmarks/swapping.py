"""p99 of a steady, moderate load before and while another version loads, and while a training process runs beside it.

A version is of the form of the one that serves, as after most retraining, or of another form, which has to be compiled.
"""

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.bundles import REFERENCE_BUNDLE, install
from benchmarks.load import percentile, post_request
from benchmarks.open_loop import Sent, SteadyClient, connect
from benchmarks.processes import ROOT, Server, environment, settle
from benchmarks.training_process import Trainer

RATE = 200
"""Requests a second, a text each: a tenth of what one core answers."""
SWAPS = 2
"""A round, between versions of one form."""
KEY = "key-of-the-benchmark"
_PAUSE_S = 0.5
_WARM_UP_S = 1.0


@dataclass(frozen=True)
class Round:
    """Latencies in seconds by what went on meanwhile."""

    before_s: list[float]
    loading_s: list[float]
    new_form_s: list[float]
    training_s: list[float]
    load_s: list[float]
    """How long each swap between versions of one form took, from the request to the answer."""
    new_form_load_s: float
    failed: int


def add_versions(models: Path, new_forms: int) -> None:
    """Beside version 1 of the default model: 2 of the same form, and then `new_forms`, each of a form of its own."""
    install(REFERENCE_BUNDLE, models)
    command = [sys.executable, "-m", "benchmarks.other_forms", str(models), str(new_forms)]
    subprocess.run(command, check=True, cwd=ROOT, env=environment({}), stderr=subprocess.DEVNULL)


def measure(server: Server, trainer: Trainer, texts: Sequence[str], rounds: int, seconds: float) -> dict[str, Any]:
    """As many rounds, of all that is compared; the versions are those of `add_versions`."""
    requests = [post_request("/predict", json.dumps({"text": text}).encode()) for text in texts]
    found = []
    for number in range(rounds):
        settle(server)
        found.append(uvloop.run(_round(server, requests, seconds, 3 + number, trainer)))
    return summary(found)


def summary(rounds: Sequence[Round]) -> dict[str, Any]:
    """Medians over the rounds, of the percentiles and of the ratios within a round."""
    before = [percentile(each.before_s, 99) for each in rounds]
    kinds = {
        "loading": [each.loading_s for each in rounds],
        "new form": [each.new_form_s for each in rounds],
        "training": [each.training_s for each in rounds],
    }
    return {
        "rate": RATE,
        "before_p99_ms": 1000 * statistics.median(before),
        "load_s": statistics.median(each for turn in rounds for each in turn.load_s),
        "new_form_load_s": statistics.median(each.new_form_load_s for each in rounds),
        "failed": sum(each.failed for each in rounds),
        **{name: _compared(before, [percentile(each, 99) for each in given]) for name, given in kinds.items()},
    }


def _compared(before: Sequence[float], during: Sequence[float]) -> dict[str, float]:
    ratios = [b / a for a, b in zip(before, during, strict=True)]
    return {"p99_ms": 1000 * statistics.median(during), "ratio": statistics.median(ratios)}


async def _round(server: Server, requests: Sequence[bytes], seconds: float, new_form: int, trainer: Trainer) -> Round:
    async with SteadyClient(server.port, requests, RATE) as client:
        await asyncio.sleep(_WARM_UP_S)
        before = await _watched(asyncio.sleep(seconds))
        swaps = []
        for number in range(SWAPS):
            swaps.append(await _watched(_promote(server.port, 2 - number % 2)))
            await asyncio.sleep(_PAUSE_S)
        new = await _watched(_promote(server.port, new_form))
        await _promote(server.port, 1)
        await asyncio.sleep(_PAUSE_S)
        with trainer.going_on():
            while_training = await _watched(asyncio.sleep(seconds))
    return Round(
        before_s=_took(client.sent, [before]),
        loading_s=_took(client.sent, swaps),
        new_form_s=_took(client.sent, [new]),
        training_s=_took(client.sent, [while_training]),
        load_s=[end - start for start, end in swaps],
        new_form_load_s=new[1] - new[0],
        failed=sum(sent.status != 200 for sent in client.sent),
    )


async def _watched(work: Awaitable[None]) -> tuple[float, float]:
    """When `work` began and ended."""
    began = time.perf_counter()
    await work
    return began, time.perf_counter()


def _took(sent: Sequence[Sent], windows: Sequence[tuple[float, float]]) -> list[float]:
    """Of the requests that were due inside one of `windows`."""
    return [each.took_s for each in sent if any(start <= each.at < end for start, end in windows)]


async def _promote(port: int, version: int) -> None:
    """Raises `ValueError` unless the version serves then."""
    connection = await connect(port)
    with contextlib.closing(connection):
        head = f"POST /models/{version}/promote HTTP/1.1\r\nHost: x\r\nX-API-Key: {KEY}\r\nContent-Length: 0\r\n\r\n"
        status = await connection.ask(head.encode())
    if status != 200:
        raise ValueError(f"promoting version {version} answered {status}")
