"""Whatever comes, leaves and fails in whatever order: every admitted request gets one answer, its own."""

import asyncio
import random
import threading
from collections import Counter
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.admission import Admission
from app.batcher import Batcher
from app.classifier import Classifier
from app.errors import QueueFullError
from app.model_host import ModelHost, Serving
from app.statistics import Statistics
from model.encoder import TokenCounts
from tests.app.fakes import FakeEngine

CASES, BLOCKS = 4_000, 8
MOST_TEXTS = 200
"""Of a request; more than take their turn at once, so that some lists are cut."""


class NumberEncoder:
    """A text is a number, and so is its one id; a negative one is poison."""

    def encode(self, texts):
        numbers = np.array([[int(text)] for text in texts], np.int32)  # (texts, 1)
        return numbers, [TokenCounts(abs(int(text)), 0, 0, False) for text in texts]


class EchoEngine(FakeEngine):
    """Answers the number and the version; fails where a number is poison; may stay in a run until told to go on."""

    def __init__(self, version, best_batch, turns):
        super().__init__()
        self.best_batch, self._version, self._turns = best_batch, version, turns
        self.ran: Counter[int] = Counter()
        self.shared = 0
        """Runs with rows of several requests."""

    def probabilities(self, ids):
        if self._turns is not None and threading.current_thread().name == "inference":
            assert self._turns.acquire(timeout=10)
        numbers = ids[:, 0]
        if numbers.min() < 0:
            raise ValueError("poison")
        self.ran.update(numbers.tolist())
        self.shared += len(set((numbers - 1) // MOST_TEXTS)) > 1
        return np.stack([numbers, np.full(len(numbers), self._version)], axis=1).astype(np.float32)


class Request:
    """What was asked, and how it ended."""

    def __init__(self, texts, poisoned, task):
        self.texts, self.poisoned, self.task = texts, poisoned, task
        self.left = False


class Schedule:
    """One random schedule of arrivals, cancellations, failures, runs and new versions, with what must hold after it."""

    def __init__(self, seed):
        self.chance = chance = random.Random(seed)
        self.turns = threading.Semaphore(0) if chance.random() < 0.7 else None
        self.best_batch = chance.choice([1, 4, 32, 128, 256])
        self.inline_rows = chance.choice([0, 0, 1, 8])
        self.statistics = Statistics()
        self.batcher = Batcher(self.statistics)
        self.limit = chance.choice([1, 5, 40, 300, 3_000])
        self.admission = Admission(self.limit, self.statistics)
        self.models = ModelHost()
        self.classifier = Classifier(self.models, self.batcher, self.admission, self.statistics)
        self.engines: list[EchoEngine] = []
        self.requests: list[Request] = []
        self.noise: list[object] = []

    async def run(self):
        """Go through it to the end; how each request ended."""
        asyncio.get_running_loop().set_exception_handler(lambda _, context: self.noise.append(context))
        self.promote()
        acts = [self.arrive, self.arrive, self.arrive, self.leave, self.step, self.step, self.promote]
        for _ in range(self.chance.randint(1, 40)):
            self.chance.choice(acts)()
            for _ in range(self.chance.choice([0, 0, 1, 1, 3, 10])):
                await asyncio.sleep(0)
        if self.turns is not None:
            self.turns.release(10_000)
        ends = await asyncio.wait_for(self.ends(), 10)
        kinds = [self.kind(request, end) for request, end in zip(self.requests, ends, strict=True)]
        self.check(kinds)
        return kinds

    async def ends(self):
        return await asyncio.gather(*(request.task for request in self.requests), return_exceptions=True)

    def arrive(self):
        size = self.chance.choice([1, 1, 1, 2, self.chance.randint(1, 20), self.chance.randint(1, MOST_TEXTS)])
        first = MOST_TEXTS * len(self.requests) + 1  # a number says whose it is
        numbers = list(range(first, first + size))
        poisoned = self.chance.random() < 0.15
        if poisoned:
            place = self.chance.randrange(size)
            numbers[place] = -numbers[place]
        texts = [str(number) for number in numbers]
        call = self.classifier.classify(texts, wait_for_room=self.chance.random() < 0.3)
        self.requests.append(Request(texts, poisoned, asyncio.ensure_future(call)))

    def leave(self):
        if self.requests:
            request = self.chance.choice(self.requests)
            request.left |= request.task.cancel()

    def step(self):
        if self.turns is not None:
            self.turns.release()

    def promote(self):
        engine = EchoEngine(len(self.engines) + 1, self.best_batch, self.turns)
        engine.inline_rows = self.inline_rows
        self.engines.append(engine)
        manifest = SimpleNamespace(labels=("number", "version"))
        nothing: Any = SimpleNamespace(encoder=NumberEncoder(), manifest=manifest)
        self.models._serving = Serving(len(self.engines), nothing, engine, "cpu", nothing)

    def check(self, kinds):
        """What must hold once every request has come to its end."""
        assert self.admission.taken == 0
        totals = self.statistics.totals()
        assert totals["requests"]["refused"] == kinds.count("refused")
        sizes = [len(request.texts) for request in self.requests]
        for counted, ended in ((totals["requests"], Counter(kinds)), (totals["texts"], count_by(kinds, sizes))):
            assert (counted["answered"], counted["failed"]) == (ended["answered"], ended["failed"])
            assert counted["cancelled"] <= ended["cancelled"]  # who left while waiting for room was not admitted
            assert counted["waiting"] == 0
        assert len(asyncio.all_tasks()) == 1
        assert not self.noise

    def kind(self, request, end):
        """How a request ended, which has to be a way it may end."""
        if isinstance(end, asyncio.CancelledError):
            assert request.left
            return "cancelled"
        if isinstance(end, QueueFullError):
            return "refused"
        if isinstance(end, RuntimeError):
            assert request.poisoned
            assert isinstance(end.__cause__, ValueError)
            return "failed"
        assert not request.poisoned
        numbers = [int(text) for text in request.texts]
        assert end.probabilities.tolist() == [[number, end.serving.version] for number in numbers]
        assert [count.total for count in end.counts] == numbers
        assert all(end.serving.engine.ran[number] == 1 for number in numbers)
        return "answered"


def count_by(kinds, sizes):
    counts: Counter[str] = Counter()
    for kind, size in zip(kinds, sizes, strict=True):
        counts[kind] += size
    return counts


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_admitted_request_gets_exactly_one_answer_its_own(block):
    kinds: Counter[str] = Counter()
    shared = 0
    size = CASES // BLOCKS
    for seed in range(block * size, (block + 1) * size):
        schedule = Schedule(seed)
        try:
            kinds.update(asyncio.run(schedule.run()))
        except Exception as error:
            raise AssertionError(f"with seed {seed}") from error
        finally:
            schedule.batcher.stop()
        shared += sum(engine.shared for engine in schedule.engines)
    assert all(kinds[kind] > 100 for kind in ("answered", "failed", "cancelled", "refused"))
    assert shared > 50
