"""`make soak`: minutes of mixed traffic, swaps, retrainings and kills on a service of its own, on 127.0.0.1 alone."""

import asyncio
import contextlib
import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.documents import OPERATIONS, fill
from benchmarks.processes import LONGEST_END_S, Server, free_port, running, wait_until_answers
from benchmarks.results import update
from benchmarks.soak.chores import KEY, ChoreError, Chores
from benchmarks.soak.outcome import Outcome, table
from benchmarks.soak.traffic import Traffic
from benchmarks.soak.watch import CALM, Watch
from benchmarks.texts import texts_for

LONGEST_MINUTES = 24 * 60
RESULT = Path(__file__).with_name("result.json")
_TEXTS = 200
_WORKERS = 2
_LAST_CHORE_S = 900.0
"""How long what goes on at the end may still take."""


def main(
    minutes: Annotated[float, typer.Option(min=0.2, max=LONGEST_MINUTES, help="How long.")] = 10,
    rate: Annotated[float, typer.Option(min=1, max=1000, help="Requests a second.")] = 60,
    seed: Annotated[int | None, typer.Option(help="Of what is sent and done; a new one if left out.")] = None,
    *,
    write: Annotated[bool, typer.Option(help="Write the result into docs/operations.md, if it ran its time.")] = True,
) -> None:
    """Exit 1 where an answer was wrong or missing, a job did not end, or memory or descriptors grew."""
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    print(f"seed {seed}; {minutes:g} minutes, and what then still goes on")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        outcome = _soaked(Path(name), minutes, rate, seed)
    problems = outcome.problems()
    if outcome.failure is None:
        update(RESULT, "soak", outcome.as_dict())
        found = json.loads(RESULT.read_text(encoding="utf-8"))["soak"]
        print(table(found))
        if write and not problems:
            fill(OPERATIONS, "soak", table(found))
    for problem in problems:
        print(problem, file=sys.stderr)
    raise SystemExit(1 if problems else 0)


def _soaked(folder: Path, minutes: float, rate: float, seed: int) -> Outcome:
    port, data = free_port(), folder / "data"
    variables = {
        "TERCET_PORT": str(port),
        "TERCET_DATA": str(data),
        "TERCET_ADMIN_KEYS": KEY,
        "TERCET_KEEP_VERSIONS": "1000",  # the first one has to be there at the end
        "TERCET_WORKERS": str(_WORKERS),
    }
    texts = texts_for(_TEXTS)
    traffic = Traffic(f"http://127.0.0.1:{port}", texts, rate, seed)
    chores = Chores(f"http://127.0.0.1:{port}", data, seed, traffic.killed)
    watch = Watch(data)
    with running([sys.executable, "-m", "app"], port, folder, None, variables) as server:
        wait_until_answers(server, folder, "/predict", {"text": texts[0]})
        failure = asyncio.run(_run(minutes, texts, traffic, chores, watch))
        exit_code = _ended(server)
        if failure or exit_code:
            print((folder / "server.log").read_text(errors="replace")[-5000:], file=sys.stderr)
    return Outcome(minutes, rate, seed, traffic, chores, watch.samples, failure, exit_code)


async def _run(minutes: float, texts: list[str], traffic: Traffic, chores: Chores, watch: Watch) -> str | None:
    """What went wrong, where that ended it."""
    began = time.monotonic()
    async with _going_on(traffic, watch):
        try:
            async with asyncio.timeout(60 * minutes + _LAST_CHORE_S):
                await chores.run(texts, began + CALM * 60 * minutes, began + 60 * minutes)
        except (ChoreError, TimeoutError) as error:
            return f"{type(error).__name__}: {error}"
    return None


@contextlib.asynccontextmanager
async def _going_on(traffic: Traffic, watch: Watch) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(traffic.run()), asyncio.create_task(watch.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _ended(server: Server) -> int:
    server.process.send_signal(signal.SIGTERM)
    return server.process.wait(2 * LONGEST_END_S)


if __name__ == "__main__":
    typer.run(main)
