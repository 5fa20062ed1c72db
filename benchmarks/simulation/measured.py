"""The real service on one core, asked at random moments from the other: what the simulation is compared with."""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvloop

from benchmarks.load import percentile, post_request
from benchmarks.open_loop import SteadyClient
from benchmarks.processes import Server, free_port, running, settle, wait_until_answers
from benchmarks.simulation.run import Latencies
from benchmarks.wrk import Wrk

_CONNECTIONS = 16
"""Of 16 texts each: twice as many texts as fit into a run."""
_WARM_UP_S, _CAPACITY_S = 0.5, 1.0


def measure(
    bodies: Sequence[bytes], utilizations: Sequence[float], rounds: int, seconds: float, cores: tuple[int, int]
) -> tuple[float, dict[float, Latencies]]:
    """Requests a second at most, and medians over the rounds by utilization; `cores` are the server's and ours.

    What is most is measured again before each point: on a machine that others use it changes within seconds.
    """
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        wrk = Wrk(folder, bodies, "/predict", cores[1])
        variables = {"TERCET_PORT": str(port), "TERCET_DATA": str(folder / "data"), "TERCET_WORKER": "none"}
        with running([sys.executable, "-m", "app"], port, folder, cores[0], variables) as server:
            wait_until_answers(server, folder, "/predict", {"text": "calm"})
            settle(server)
            wrk.run(port, _CONNECTIONS, 2)
            most: list[float] = []
            turns: dict[float, list[Latencies]] = {u: [] for u in utilizations}
            for seed in range(rounds):
                for u in utilizations:
                    most.append(wrk.run(port, _CONNECTIONS, _CAPACITY_S).requests_a_second)
                    turns[u].append(_turn(server, bodies, u * most[-1], seconds, seed))
    return statistics.median(most), {u: _median(each) for u, each in turns.items()}


def _turn(server: Server, bodies: Sequence[bytes], rate: float, seconds: float, seed: int) -> Latencies:
    requests = [post_request("/predict", body) for body in bodies]
    return uvloop.run(_asked(server.port, requests, rate, seconds, seed))


async def _asked(port: int, requests: Sequence[bytes], rate: float, seconds: float, seed: int) -> Latencies:
    client = SteadyClient(port, requests, rate, gaps=_poisson(rate, seed))
    began = time.perf_counter()
    async with client:
        await asyncio.sleep(_WARM_UP_S + seconds)
    if wrong := [sent.status for sent in client.sent if sent.status != 200]:
        raise ValueError(f"{len(wrong)} requests were not answered, such as with {wrong[0]}")
    took = [sent.took_s for sent in client.sent if sent.at > began + _WARM_UP_S]
    return Latencies(statistics.fmean(took), percentile(took, 50), percentile(took, 99))


def _poisson(rate: float, seed: int) -> Iterator[float]:
    chance = random.Random(seed)
    while True:
        yield chance.expovariate(rate)


def _median(turns: Sequence[Latencies]) -> Latencies:
    return Latencies(
        statistics.median(turn.mean_s for turn in turns),
        statistics.median(turn.p50_s for turn in turns),
        statistics.median(turn.p99_s for turn in turns),
    )
