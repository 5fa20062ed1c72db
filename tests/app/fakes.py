"""A model without TensorFlow, and an application around it."""

import asyncio
import contextlib
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import numpy as np

from app.application import create_app
from app.model_host import Serving
from app.settings import Settings
from model.bundle import Bundle
from model.encoder import TextEncoder
from model.manifest import Layer, Manifest, ParameterCounts
from model.registry import Registry
from model.tokenizer import Tokenizer
from tests.app.explanations import FakeExplainer

LENGTH = 8


class FakeEngine:
    """Answers from the largest id alone; counts what it is asked, and can be held up."""

    best_batch = 128
    inline_rows = 0

    def __init__(self):
        self.batches: list[int] = []
        self.compilations = 0
        self.threads: set[str] = set()
        self.error: BaseException | None = None
        self.poison: int | None = None
        """The id that `error` is raised for; None for all."""
        self.started = threading.Event()
        self.open = threading.Event()
        self.open.set()

    def probabilities(self, ids):
        self.batches.append(len(ids))
        self.threads.add(threading.current_thread().name)
        self.started.set()
        if not self.open.wait(10):
            raise TimeoutError
        if self.error is not None and (self.poison is None or self.poison in ids):
            raise self.error
        first = ids.max(axis=1).astype(np.float32)
        return np.stack([1 / (1 + first), first / (1 + first)], axis=1)

    def compile(self):
        self.compilations += 1
        self.threads.add(threading.current_thread().name)


class SteppedEngine(FakeEngine):
    """Stays in each run until it is told to go on."""

    def __init__(self):
        super().__init__()
        self._entered, self._turns = threading.Semaphore(0), threading.Semaphore(0)

    def probabilities(self, ids):
        self._entered.release()
        assert self._turns.acquire(timeout=10)
        return super().probabilities(ids)

    async def entered(self):
        """Return once the next run has begun."""
        assert await asyncio.to_thread(self._entered.acquire, timeout=10)

    def go_on(self, runs=1):
        """Let the present run end, and as many after it."""
        self._turns.release(runs)


def fake_serving(engine=None, version=7, explainer=None):
    manifest = Manifest(
        name="fake",
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        preset=None,
        labels=("few", "many"),
        label_names={"many": "Quite a lot"},
        sequence_length=LENGTH,
        vocabulary_size=4,
        layers=(Layer(name="out", kind="Dense", shape=(2,), parameters=4, trainable=True),),
        parameters=ParameterCounts(total=4, trainable=4, frozen=0),
        libraries={},
        files={},
    )
    encoder = TextEncoder(Tokenizer({"one": 1, "two": 2, "three": 3}), LENGTH)
    bundle = Bundle(Path("models/fake") / str(version), manifest, encoder)
    explains: Any = explainer or FakeExplainer()
    return Serving(version, bundle, engine or FakeEngine(), "cpu", explains)


class FakeLoad:
    """Loads versions of `fake` from a registry that tests fill; counts the loads, and can be told to fail."""

    def __init__(self):
        self.loaded: list[int] = []
        self.broken: dict[int, Exception] = {}
        self.engines: dict[int, FakeEngine] = {}
        self.open = threading.Event()
        self.open.set()

    def __call__(self, given, version=None):
        registry = Registry(given.models_folder)
        version = version or registry.current("fake")
        registry.path("fake", version)
        self.loaded.append(version)
        assert self.open.wait(10)
        if version in self.broken:
            raise self.broken[version]
        return fake_serving(self.engines.setdefault(version, FakeEngine()), version)


def settings(**values):
    """The defaults but for `values`, whatever the environment says, and without a worker for training jobs."""
    with mock.patch.dict(os.environ, clear=True), mock.patch.dict(Settings.model_config, env_file=None):
        return Settings(**{"worker": "none", **values})


def client_of(app):
    """A client that calls the application directly, at the root path that the server would give it."""
    transport = httpx.ASGITransport(app, root_path=app.state.service.settings.root_path)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@contextlib.asynccontextmanager
async def running(load=None, **values):
    """The application, its service, and a client; a model is loaded unless `load` says otherwise."""
    app = create_app(settings(**values), load or (lambda _settings, _version=None: fake_serving()))
    async with app.router.lifespan_context(app), client_of(app) as client:
        service = app.state.service
        await service.loaded()
        yield service, client


async def until(condition):
    """Return once `condition()` holds."""

    def wait():
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.005)

    await asyncio.to_thread(wait)
