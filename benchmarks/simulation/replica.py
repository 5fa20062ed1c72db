"""One replica as a queueing model: a core that takes requests in and runs the network on all that wait (`app.batcher`).

Knows nothing of clients or balancers. Times are in seconds of the simulation's clock.
"""

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

_FIRST, _SECOND = 0, 1

Process = Generator[simpy.Event, Any, None]


@dataclass(frozen=True, slots=True)
class Costs:
    """What a request of `texts` texts takes of a core, in seconds."""

    request_s: float
    """HTTP, parsing, encoding and answering."""
    run_s: float
    """A run of the network beside its texts."""
    text_s: float
    """A text in a run."""
    texts: int = 1
    most: int = 128
    """Texts in a run."""
    outside_s: float = 0.0
    """Of each answer on no core of ours: kernel, client, wire."""

    @property
    def capacity(self) -> float:
        """Requests a second of one core where every run is full: the reciprocal of their share of all costs."""
        return 1 / (self.request_s + self.texts * (self.text_s + self.run_s / self.most))


class Replica:
    """Takes requests in one after another; whenever the network is free, it runs all that wait, up to `most` texts."""

    def __init__(self, environment: simpy.Environment, costs: Costs, cores: int = 1) -> None:
        """With one core, requests wait while the network runs, which goes first, as the kernel favours a thread that
        was asleep; with two, the network has one to itself.
        """
        self._environment, self._costs = environment, costs
        self._of_requests = simpy.PriorityResource(environment)
        self._of_network = self._of_requests if cores == 1 else simpy.PriorityResource(environment)
        self._waiting: deque[simpy.Event] = deque()
        self._came = environment.event()
        self.in_flight = 0
        """Requests that are not answered; what a balancer sees of a replica."""
        environment.process(self._run_network())

    def answer(self) -> Process:
        """One request, from its first byte to its answer."""
        self.in_flight += 1
        yield from self._compute(self._of_requests, self._costs.request_s, _SECOND)
        answered = self._environment.event()
        self._waiting.append(answered)
        if not self._came.triggered:
            self._came.succeed()
        yield answered
        self.in_flight -= 1

    def _run_network(self) -> Process:
        most = max(1, self._costs.most // self._costs.texts)
        while True:
            if not self._waiting:
                self._came = self._environment.event()
                yield self._came
            batch = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            seconds = self._costs.run_s + self._costs.text_s * self._costs.texts * len(batch)
            yield from self._compute(self._of_network, seconds, _FIRST)
            for answered in batch:
                answered.succeed()

    def _compute(self, core: simpy.PriorityResource, seconds: float, priority: int) -> Process:
        with core.request(priority) as turn:
            yield turn
            yield self._environment.timeout(seconds)
