"""One simulated run: requests come at random moments at a steady rate, whether answers come or not."""

import random
from dataclasses import dataclass

import simpy

from benchmarks.load import percentile
from benchmarks.simulation.balancing import balancer
from benchmarks.simulation.replica import Costs, Process, Replica

_WARM_UP = 0.1
"""The share of the requests, at the beginning, that do not count: the queues were empty."""


@dataclass(frozen=True, slots=True)
class Latencies:
    """From a request's arrival to its answer, in seconds."""

    mean_s: float
    p50_s: float
    p99_s: float


def simulate(
    costs: Costs,
    utilization: float,
    *,
    replicas: int = 1,
    balance: str = "round robin",
    requests: int = 20_000,
    cores: int = 1,
    seed: int = 0,
) -> Latencies:
    """Poisson arrivals at `utilization` of what the replicas can answer; the same for the same arguments.

    `requests` is the number of them in all. Raises `ValueError` for a load that no queue bears.
    """
    if not 0 < utilization < 1:
        raise ValueError(f"utilization is {utilization}; beyond 1 every queue grows without end")
    environment, chance = simpy.Environment(), random.Random(seed)
    fleet = [Replica(environment, costs, cores) for _ in range(replicas)]
    choose, took = balancer(balance, seed), list[float]()
    rate = utilization * costs.capacity * replicas

    def request() -> Process:
        began = environment.now
        yield from choose(fleet).answer()
        took.append(environment.now - began + costs.outside_s)

    def arrivals() -> Process:
        for _ in range(requests):
            yield environment.timeout(chance.expovariate(rate))
            environment.process(request())

    environment.process(arrivals())
    environment.run()
    counted = took[int(_WARM_UP * len(took)) :]
    return Latencies(sum(counted) / len(counted), percentile(counted, 50), percentile(counted, 99))
