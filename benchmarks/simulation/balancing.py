"""Which replica a request goes to."""

import random
from collections.abc import Callable, Sequence
from itertools import count

from benchmarks.simulation.replica import Replica

Choose = Callable[[Sequence[Replica]], Replica]


def balancer(name: str, seed: int) -> Choose:
    """`round robin`, `random`, `two choices` (the less busy of two at random) or `least` (the least busy of all).

    Two choices: Mitzenmacher 2001, "The power of two choices in randomized load balancing". Raises `ValueError`.
    """
    chance, turn = random.Random(seed), count()
    choices: dict[str, Choose] = {
        "round robin": lambda replicas: replicas[next(turn) % len(replicas)],
        "random": chance.choice,
        "two choices": lambda replicas: min(chance.sample(replicas, min(2, len(replicas))), key=_busy),
        "least": lambda replicas: min(replicas, key=_busy),
    }
    if name not in choices:
        raise ValueError(f"there is no balancer {name!r}; there are: {', '.join(choices)}")
    return choices[name]


def _busy(replica: Replica) -> int:
    return replica.in_flight
